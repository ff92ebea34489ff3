"""The tumour board's page: lesion, scores, options with reasons, disagreements, what is unknown, references."""

from spondyl.app.board.names import MODALITIES, VERDICTS, modality_name, sorted_options
from spondyl.app.board.sheet import board_html

__all__ = ["MODALITIES", "VERDICTS", "board_html", "modality_name", "sorted_options"]

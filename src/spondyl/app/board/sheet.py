"""The tumour-board sheet as one self-contained page, made to print on A4."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from spondyl.app.board import lines
from spondyl.app.board.names import VERDICTS, modality_name, sorted_options
from spondyl.clinic.decide import Assessment
from spondyl.clinic.evidence import evidence_for
from spondyl.core import DISCLAIMER

PAPERS = (
    "000: review of Kypho-IORT; 001: review of treatment with scores; 002: review of treatment by modality; "
    "003: review of spine radiosurgery (Ryu 2015); 004: SIB-SBRT phase 2 trial (2025)"
)


def board_html(assessment: Assessment, title: str, date: str = "") -> str:
    """The sheet.

    Parameters
    ----------
    assessment
        Scores and options.
    title
        Pseudonym of the case, shown as heading.
    date
        Date to print, empty for none.
    """
    environment = Environment(
        loader=PackageLoader("spondyl.app.board"),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    options = sorted_options(assessment)
    scores = list(assessment.scores.values())
    after = [option for option in options if lines.lacks_operation(option)]
    idle = [option for option in options if lines.lacks_indication(option) and option not in after]
    told = [option for option in options if option.verdict != "needs facts" and option.reasons]
    outcomes = {option.modality: len(evidence_for(option.modality)) for option in options}
    return environment.get_template("board.html.j2").render(
        assessment=assessment,
        title=title,
        date=date,
        disclaimer=DISCLAIMER,
        papers=PAPERS,
        verdicts=VERDICTS,
        options=options,
        argued=[option for option in told if option not in (*after, *idle)],
        after=after,
        idle=idle,
        scored=[score for score in scores if not lines.wholly_unknown(score)],
        unscored=[score.name for score in scores if lines.wholly_unknown(score)],
        name=modality_name,
        outcomes=outcomes,
        lines=lines,
    )

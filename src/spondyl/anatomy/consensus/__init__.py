"""Consensus guidelines for the clinical target volume, each a table of rows with its source."""

from spondyl.anatomy.consensus.isrc_2012 import ISRC_2012
from spondyl.anatomy.consensus.rtog_0631 import RTOG_0631
from spondyl.anatomy.consensus.rules import Consensus, Decision, Row, decide
from spondyl.anatomy.consensus.sacrum_2020 import SacralDecision, decide_sacrum, sacral_sectors

CONSENSUSES: tuple[str, ...] = ("isrc-2012", "rtog-0631", "sacrum-2020")
TABLES: dict[str, Consensus] = {table.name: table for table in (ISRC_2012, RTOG_0631)}

__all__ = [
    "CONSENSUSES",
    "Consensus",
    "Decision",
    "ISRC_2012",
    "RTOG_0631",
    "Row",
    "SacralDecision",
    "TABLES",
    "decide",
    "decide_sacrum",
    "sacral_sectors",
]

"""Scores: one instrument a file, its table, its function, its citation."""

from spondyl.clinic.scores.bilsky import bilsky
from spondyl.clinic.scores.instrument import Instrument, Item, Scale, ScoreError
from spondyl.clinic.scores.kowalchuk import kowalchuk, kowalchuk_of
from spondyl.clinic.scores.primary import radiosensitivity
from spondyl.clinic.scores.ryu import ryu
from spondyl.clinic.scores.score import Answer, Band, ItemScore, Score, known, open_to, undefined
from spondyl.clinic.scores.sins import sins
from spondyl.clinic.scores.tokuhashi_1990 import tokuhashi_1990
from spondyl.clinic.scores.tokuhashi_2005 import tokuhashi_2005
from spondyl.clinic.scores.tomita import tomita

SCORES = (sins, bilsky, ryu, tokuhashi_2005, tokuhashi_1990, tomita, kowalchuk_of)
"""Every instrument as a function from facts to a score, in the order they are shown."""

__all__ = [
    "SCORES",
    "Answer",
    "Band",
    "Instrument",
    "Item",
    "ItemScore",
    "Scale",
    "Score",
    "ScoreError",
    "bilsky",
    "kowalchuk",
    "kowalchuk_of",
    "known",
    "open_to",
    "radiosensitivity",
    "ryu",
    "sins",
    "tokuhashi_1990",
    "tokuhashi_2005",
    "tomita",
    "undefined",
]

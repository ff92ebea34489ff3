"""Scores: one instrument a file, its table, its function, its citation."""

from spondyl.clinic.scores.instrument import Instrument, Item, Scale, ScoreError
from spondyl.clinic.scores.kowalchuk import kowalchuk, kowalchuk_of
from spondyl.clinic.scores.score import Answer, Band, ItemScore, Score, known, open_to, undefined
from spondyl.clinic.scores.sins import sins

SCORES = (sins, kowalchuk_of)
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
    "kowalchuk",
    "kowalchuk_of",
    "known",
    "open_to",
    "sins",
    "undefined",
]

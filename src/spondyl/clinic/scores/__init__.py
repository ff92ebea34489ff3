"""Scores: one instrument a file, its table, its function, its citation."""

from spondyl.clinic.scores.kowalchuk import kowalchuk
from spondyl.clinic.scores.score import Band, Score, summed

SCORES = (kowalchuk,)

__all__ = ["SCORES", "Band", "Score", "kowalchuk", "summed"]

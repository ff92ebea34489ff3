"""Scores: one instrument a file, its table, its function, its citation."""

from spondyl.clinic.scores.asia import asia
from spondyl.clinic.scores.bilsky import bilsky
from spondyl.clinic.scores.chow import chow
from spondyl.clinic.scores.ecog import ecog
from spondyl.clinic.scores.frankel import frankel
from spondyl.clinic.scores.instrument import Instrument, Item, Scale, ScoreError
from spondyl.clinic.scores.katagiri import katagiri
from spondyl.clinic.scores.kowalchuk import kowalchuk, kowalchuk_of, sins_above
from spondyl.clinic.scores.kps import kps
from spondyl.clinic.scores.modified_bauer import modified_bauer
from spondyl.clinic.scores.nesms import nesms
from spondyl.clinic.scores.primary import radiosensitivity
from spondyl.clinic.scores.prism import prism
from spondyl.clinic.scores.ryu import ryu
from spondyl.clinic.scores.score import Answer, Band, ItemScore, Score, known, open_to, undefined
from spondyl.clinic.scores.sins import sins
from spondyl.clinic.scores.tokuhashi_1990 import tokuhashi_1990
from spondyl.clinic.scores.tokuhashi_2005 import tokuhashi_2005
from spondyl.clinic.scores.tomita import tomita
from spondyl.clinic.scores.van_der_linden import van_der_linden
from spondyl.clinic.scores.wbb import wbb

SCORES = (
    sins,
    bilsky,
    ryu,
    kps,
    ecog,
    frankel,
    asia,
    tokuhashi_2005,
    tokuhashi_1990,
    tomita,
    modified_bauer,
    nesms,
    van_der_linden,
    katagiri,
    prism,
    kowalchuk_of,
    wbb,
    chow,
)
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
    "asia",
    "chow",
    "ecog",
    "frankel",
    "katagiri",
    "kps",
    "modified_bauer",
    "nesms",
    "prism",
    "van_der_linden",
    "wbb",
    "bilsky",
    "kowalchuk",
    "kowalchuk_of",
    "known",
    "open_to",
    "radiosensitivity",
    "ryu",
    "sins",
    "sins_above",
    "tokuhashi_1990",
    "tokuhashi_2005",
    "tomita",
    "undefined",
]

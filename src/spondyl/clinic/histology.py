"""What a histology in words is called by each instrument; what an instrument does not place stays undefined.

The table is `data/clinic/histologies.csv`. A cell holds the instrument's own category; `a / b` where the words do
not say enough to choose, `a ? b` where the publication does not say which it is, `undefined` where it names no
category at all.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from spondyl.core.errors import SpondylError, nearest

INSTRUMENTS = (
    "tokuhashi_1990",
    "tokuhashi_2005",
    "tomita",
    "modified_bauer",
    "van_der_linden",
    "katagiri",
    "radiosensitivity",
)
"""Columns of the table: who divides histologies into categories. Radiosensitivity: rules R118 and R119."""
MORE_EXACT = {
    "lung": (
        ("lung_non_small_cell", ("non small cell", "adenocarcinoma", "squamous", "large cell")),
        ("lung_small_cell", ("small cell",)),
    ),
    "liver_unspecified": (("liver", ("hepatocellular",)),),
}
"""Words that make a general histology a more exact one; the first that fits counts."""
GENERAL = {
    "colorectal": ("rectum", "colon"),
    "testis": ("seminoma", "germ_cell"),
    "lung": ("lung_non_small_cell", "lung_small_cell"),
    "urothelial": ("bladder", "upper_urinary_tract"),
    "liver_unspecified": ("liver", "bile_duct"),
    "neuroendocrine": ("carcinoid",),
    "sarcoma": ("ewing_sarcoma", "osteosarcoma"),
    "skin": ("melanoma",),
}
"""A general histology that gives way where a more exact one of its own is named beside it."""
DOUBT = ("probable", "probably", "possible", "possibly", "suspected", "suspicion", "presumed", "likely", "versus", "vs")
DENIAL = frozenset(("no", "not", "without", "excluded", "exclude", "never"))
ELSEWHERE = re.compile(
    r"\b(?:metasta\w*|spread|spreading|secondar\w+|deposits?) (?:to|in|within)\b.*"
    r"|\bwith (?:\w+ ){0,4}metasta\w*.*"
)
"""Where the tumour went, which is not where it came from."""
INDEPENDENT = (
    "triple negative",
    "castration resistant",
    "castrate resistant",
    "hormone refractory",
    "hormone independent",
    "hormone resistant",
    "crpc",
    "mcrpc",
)
DEPENDENT = ("castration sensitive", "castrate sensitive", "hormone sensitive", "hormone dependent", "mhspc")
_POSITIVE = r"(?:positive|pos|\+)"
_NEGATIVE = r"(?:negative|neg|-)"


class HistologyError(SpondylError):
    """The table of histologies contradicts itself."""


@dataclass(frozen=True)
class Category:
    """Which of an instrument's categories a histology is.

    Parameters
    ----------
    options
        The categories possible; empty where the instrument names none.
    placed
        False where the publication does not place it.
    """

    options: tuple[str, ...]
    placed: bool = True


@dataclass(frozen=True)
class Histology:
    """One row of the table."""

    key: str
    name: str
    synonyms: tuple[str, ...]
    categories: dict[str, Category]


@dataclass(frozen=True)
class Reading:
    """What a text says of the primary tumour.

    Parameters
    ----------
    found
        The histology, None where the text names none that is known, several, or names it with doubt.
    why
        Where none was found: why, and what to write.
    receptor_positive
        Whether it says that hormone receptors are there (breast), None where it does not say.
    hormone_dependent
        Whether it says that the tumour depends on hormones: "castration-sensitive", "triple negative".
    """

    text: str
    found: Histology | None
    why: str = ""
    receptor_positive: bool | None = None
    hormone_dependent: bool | None = None


@cache
def histologies() -> dict[str, Histology]:
    """The table, by key.

    Raises
    ------
    HistologyError
        If two rows share a key or a synonym, or a row lacks a category.
    """
    rows = csv.DictReader((files("spondyl") / "data" / "clinic" / "histologies.csv").read_text("utf-8").splitlines())
    table: dict[str, Histology] = {}
    taken: dict[str, str] = {}
    for row in rows:
        synonyms = tuple(dict.fromkeys(plain(word) for word in row["synonyms"].split("|")))
        for word in synonyms:
            if taken.setdefault(word, row["key"]) != row["key"]:
                raise HistologyError(f'"{word}" is a synonym of both {taken[word]} and {row["key"]}; keep one')
        if row["key"] in table or not all(row[name] for name in INSTRUMENTS):
            raise HistologyError(f"histology {row['key']} stands twice or lacks a category")
        categories = {name: _category(row[name]) for name in INSTRUMENTS}
        table[row["key"]] = Histology(row["key"], row["name"], synonyms, categories)
    return table


def _category(cell: str) -> Category:
    if "undefined" in cell:
        return Category((), placed=False)
    if "?" in cell:
        return Category(tuple(part.strip() for part in cell.split("?")), placed=False)
    return Category(tuple(part.strip() for part in cell.split("/")))


def plain(text: str) -> str:
    """`text` in lower case, without accents, punctuation or doubled spaces.

    >>> plain("Non-small-cell  lung")
    'non small cell lung'
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c)).replace("'", "")
    return " ".join(re.sub(r"[^a-z0-9+]+", " ", letters).split())


@lru_cache(maxsize=512)
def read_histology(text: str) -> Reading:
    """The histology that `text` names; nothing is guessed.

    >>> read_histology("breast carcinoma, ER positive, HER2 negative").receptor_positive
    True
    >>> read_histology("clear cell renal cell carcinoma").found.key
    'kidney'
    >>> nearest_names("hepatocelular")[0]
    'hepatocellular carcinoma'
    """
    words = ELSEWHERE.sub("", plain(text)).strip()
    keys = _more_exact(_without_general(_named(words)), words)
    receptor, dependent = _receptors(text), _dependence(words)
    doubt = [word for word in DOUBT if re.search(rf"\b{word}\b", words)]
    if "?" in text:
        doubt.append("?")
    found = histologies()[keys[0]] if len(keys) == 1 and not doubt else None
    why = ""
    if not keys:
        near = ", ".join(nearest_names(text))
        why = f'"{text}" names no histology that spondyl knows; nearest: {near}'
    elif doubt:
        why = f'"{text}" is said with doubt ("{doubt[0]}"); write the histology where it is known'
    elif len(keys) > 1:
        named = " and ".join(histologies()[key].name for key in keys)
        why = f'"{text}" names {named}; write the primary tumour alone'
    return Reading(text, found, why, receptor, dependent)


def nearest_names(text: str, count: int = 3) -> tuple[str, ...]:
    """Names of the histologies most like `text`, by name or synonym."""
    by_word = {word: of.name for of in histologies().values() for word in (plain(of.name), *of.synonyms)}
    close = [by_word[word] for word in nearest(plain(text), by_word, 9)]
    if not close:
        close = [by_word[word] for part in plain(text).split() for word in nearest(part, by_word, 3)]
    return tuple(dict.fromkeys(close))[:count] or ("breast carcinoma", "lung carcinoma", "carcinoma of unknown primary")


def _named(words: str) -> list[str]:
    """Keys of the synonyms in `words`, the longest at each place, those that are denied left out."""
    spans: list[tuple[int, int, str]] = []
    for row in histologies().values():
        for synonym in row.synonyms:
            for hit in re.finditer(rf"(?<![a-z0-9]){re.escape(synonym)}(?![a-z0-9])", words):
                spans.append((hit.start(), hit.end(), row.key))
    kept = [a for a in spans if not any(b[0] <= a[0] and a[1] <= b[1] and b[:2] != a[:2] for b in spans)]
    return list(dict.fromkeys(key for start, _, key in sorted(kept) if not _denied(words[:start])))


def _denied(before: str) -> bool:
    return bool(before) and before.split()[-1] in DENIAL | {"non"}


def _without_general(keys: list[str]) -> list[str]:
    return [key for key in keys if not any(exact in keys for exact in GENERAL.get(key, ()))]


def _more_exact(keys: list[str], words: str) -> list[str]:
    """A general histology made exact by a word beside it, where it is the only one."""
    if len(keys) == 1:
        for exact, signs in MORE_EXACT.get(keys[0], ()):
            if any(re.search(rf"\b{sign}\b", words) for sign in signs):
                return [exact]
    return keys


def _receptors(text: str) -> bool | None:
    """Hormone receptors of a breast carcinoma, as "ER positive", "ER+", "hormone receptor positive"."""
    lower = text.casefold().replace("−", "-").replace("–", "-")
    if re.search(r"triple[\s-]+negative", lower):
        return False
    if re.search(rf"\b(?:o?estrogen receptors?|hormone[\s-]receptors?|er|pr|pgr|hr)\s*[\s-]?\s*{_POSITIVE}", lower):
        return True
    both = re.search(rf"\b(?:hormone[\s-]receptors?|hr)\s*[\s-]?\s*{_NEGATIVE}(?!\w)", lower)
    each = [
        re.search(rf"\b{name}\s*[\s-]?\s*{_NEGATIVE}(?!\w)", lower)
        for name in (r"(?:er|o?estrogen receptors?)", r"(?:pr|pgr|progesterone receptors?)")
    ]
    return False if both or all(each) else None


def _dependence(words: str) -> bool | None:
    if any(_said(words, sign) for sign in INDEPENDENT):
        return False
    return True if any(_said(words, sign) for sign in DEPENDENT) else None


def _said(words: str, sign: str) -> bool:
    return any(not _denied(words[: hit.start()]) for hit in re.finditer(rf"\b{sign}\b", words))


def names() -> Iterator[str]:
    """Every name of the table, for people."""
    return (row.name for row in histologies().values())

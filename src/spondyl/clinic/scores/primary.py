"""The primary tumour as an instrument's category, by the table of histologies."""

from __future__ import annotations

from collections.abc import Iterable

from spondyl.clinic.facts import Facts
from spondyl.clinic.histology import Category, read_histology
from spondyl.clinic.scores.score import Answer, known, open_to, undefined

HISTOLOGY = "histology"


def primary(facts: Facts, instrument: str, options: Iterable[str]) -> Answer:
    """Which of the instrument's `options` the histology is.

    Unknown or unrecognised words leave every option possible and say so; a histology that the instrument does not
    place leaves undefined what it might be.
    """
    every = tuple(dict.fromkeys(options))
    if facts.histology is None:
        return open_to(*every, needs=(HISTOLOGY,))
    reading = read_histology(facts.histology)
    if reading.found is None:
        return open_to(*every, needs=(HISTOLOGY,), said=reading.why)
    found, category = reading.found, reading.found.categories[instrument]
    return _answer(category, every, found.name)


def _answer(category: Category, every: tuple[str, ...], name: str) -> Answer:
    options = category.options or every
    if not category.placed:
        return undefined(*options, why=f"the publication, as read, does not place {name}", said=name)
    if len(options) == 1:
        return known(options[0], name)
    return open_to(*options, needs=(HISTOLOGY,), said=f"{name}: {' or '.join(options)}; say which")


def radiosensitivity(facts: Facts) -> Answer:
    """Radiosensitive, radioresistant, or on neither list, by the lists of the treatment review (rules R118, R119).

    >>> from spondyl.clinic.facts import read_facts
    >>> sorted(radiosensitivity(read_facts({"histology": "renal cell carcinoma"})).options)
    ['radioresistant']
    """
    return primary(facts, "radiosensitivity", ("radiosensitive", "radioresistant", "not listed"))

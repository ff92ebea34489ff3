"""docs/clinical/scores.md against the code: every table, band, status, source and category, so that none can drift."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from spondyl.clinic.facts import Facts
from spondyl.clinic.histology import INSTRUMENTS
from spondyl.clinic.scores import SCORES, Instrument, Scale
from spondyl.clinic.scores import catalogue as catalogue_room
from spondyl.clinic.scores.asia import ASIA
from spondyl.clinic.scores.bilsky import BILSKY
from spondyl.clinic.scores.chow import CHOW
from spondyl.clinic.scores.ecog import ECOG
from spondyl.clinic.scores.frankel import FRANKEL
from spondyl.clinic.scores.katagiri import KATAGIRI
from spondyl.clinic.scores.kowalchuk import KOWALCHUK
from spondyl.clinic.scores.kps import KPS
from spondyl.clinic.scores.modified_bauer import MODIFIED_BAUER
from spondyl.clinic.scores.nesms import NESMS
from spondyl.clinic.scores.prism import PRISM
from spondyl.clinic.scores.ryu import NEUROLOGICAL, RADIOGRAPHIC
from spondyl.clinic.scores.sins import SINS
from spondyl.clinic.scores.tokuhashi_1990 import TOKUHASHI_1990
from spondyl.clinic.scores.tokuhashi_2005 import TOKUHASHI_2005
from spondyl.clinic.scores.tomita import TOMITA
from spondyl.clinic.scores.van_der_linden import VAN_DER_LINDEN
from spondyl.clinic.scores.wbb import LAYERS

PAGE = Path(__file__).parents[2] / "docs/clinical/scores.md"
TABLES: dict[str, tuple[Instrument | Scale, ...]] = {
    "sins": (SINS,),
    "bilsky": (BILSKY,),
    "ryu": (RADIOGRAPHIC, NEUROLOGICAL),
    "kps": (KPS,),
    "ecog": (ECOG,),
    "frankel": (FRANKEL,),
    "asia": (ASIA,),
    "tokuhashi_2005": (TOKUHASHI_2005,),
    "tokuhashi_1990": (TOKUHASHI_1990,),
    "tomita": (TOMITA,),
    "modified_bauer": (MODIFIED_BAUER,),
    "nesms": (NESMS,),
    "van_der_linden": (VAN_DER_LINDEN,),
    "katagiri": (KATAGIRI,),
    "prism": (PRISM,),
    "kowalchuk": (KOWALCHUK,),
    "chow": (CHOW,),
}


def rows(table: Instrument | Scale) -> Iterator[str]:
    """The table as the page writes it."""
    if isinstance(table, Scale):
        yield from (f"| {grade} | {meaning} |" for grade, meaning in table.grades.items())
        return
    for item in table.items:
        options = list(item.points.items())
        if len(options) > 20:  # a count: first and last
            options = [options[0], options[1], options[-1]]
        yield f"| {item.name} | {'; '.join(f'{option}: {points}' for option, points in options)} |"
    yield from (f"| {band.low} to {band.high} | {band.name} | {band.meaning} |" for band in table.bands)


def _sections() -> dict[str, str]:
    return dict(re.findall(r"^### [^\n]*`(\w+)`\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.S | re.M))


@pytest.mark.parametrize("key", TABLES)
def test_every_table_stands_on_the_page(key: str) -> None:
    section = _sections()[key]
    expected = [row for table in TABLES[key] for row in rows(table)]
    told = [
        line
        for line in section.splitlines()
        if line.startswith("| ") and not re.match(r"\| (Item|Total|Grade) \|", line)
    ]
    assert told == expected


@pytest.mark.parametrize("score", SCORES)
def test_every_instrument_has_its_source_and_status(score: object) -> None:
    found = score(Facts())  # type: ignore[operator]
    section = _sections()[found.key]
    assert f"{found.citation}. Status: {found.status}." in section
    for caveat in found.caveats:
        assert f"- {caveat}" in section


def test_layers_and_absent_instruments() -> None:
    text = PAGE.read_text()
    for letter, meaning in LAYERS.items():
        assert f"| {letter} | {meaning} |" in _sections()["wbb"]
    for entry in catalogue_room.ABSENT:
        assert f"| {entry.name} | {entry.status} | {entry.reason} |" in text


def test_the_histology_table_is_the_data_file() -> None:
    text = PAGE.read_text()
    data = (files("spondyl") / "data" / "clinic" / "histologies.csv").read_text("utf-8")
    for row in csv.DictReader(data.splitlines()):
        assert f"| {row['name']} | " + " | ".join(row[name] for name in INSTRUMENTS) + " |" in text

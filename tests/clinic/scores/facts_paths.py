"""Facts from dotted paths, for every test of the scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spondyl.clinic.facts import Facts, read_facts


def facts_of(paths: Mapping[str, Any]) -> Facts:
    """Facts from `{"clinical.kps": 80, "level": "T8"}`."""
    data: dict[str, Any] = {}
    for path, value in paths.items():
        *tables, key = path.split(".")
        place = data
        for table in tables:
            place = place.setdefault(table, {})
        place[key] = value
    return read_facts(data)

"""Facts from dotted paths, for every test of the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from spondyl.clinic.facts import Facts, read_facts


def nested(paths: Mapping[str, Any]) -> dict[str, Any]:
    """`{"clinical.kps": 80}` as nested tables."""
    data: dict[str, Any] = {}
    for path, value in paths.items():
        *tables, key = path.split(".")
        place = data
        for table in tables:
            place = place.setdefault(table, {})
        place[key] = value
    return data


@pytest.fixture(scope="session")
def facts_of() -> Callable[[Mapping[str, Any]], Facts]:
    """Facts from `{"clinical.kps": 80, "level": "T8"}`."""
    return lambda paths: read_facts(nested(paths))

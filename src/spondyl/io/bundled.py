"""The cases that travel with the package."""

from __future__ import annotations

from pathlib import Path

from spondyl.core.errors import CaseError

BUNDLED_CASES = ("lumbar_l3", "thoracic_t11")


def bundled_case(name: str) -> Path:
    """Folder of a bundled case: real CT, drawn lesion, invented facts (Apache-2.0; README and LICENSE inside).

    Raises
    ------
    CaseError
        If there is no such case.
    """
    if name not in BUNDLED_CASES:
        raise CaseError(f'bundled case "{name}" does not exist; there are {", ".join(BUNDLED_CASES)}')
    return Path(__file__).parent.parent / "data" / "cases" / name

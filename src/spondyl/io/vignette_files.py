"""Vignette files: YAML that anyone can add to, and the ones that come with spondyl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from spondyl.clinic.vignettes import VIGNETTE_FORMAT, Vignette, VignetteError
from spondyl.core.errors import CaseError, unreadable
from spondyl.core.faults import expected_text
from spondyl.io.case_yaml import parse_yaml

MAX_BYTES = 8 << 20
KEYS = ("vignette_format", "vignettes")


def bundled_vignettes() -> tuple[Path, ...]:
    """The vignette files that come with spondyl, by name."""
    return tuple(sorted((Path(__file__).parent.parent / "data" / "vignettes").glob("*.yaml")))


def read_vignettes(path: Path) -> tuple[Vignette, ...]:
    """Every vignette of a file.

    Raises
    ------
    VignetteError
        If the file is missing, not YAML, of a later format, or a vignette has unknown keys, lacks one, or shares its
        name with another.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise VignetteError(f"{path} has {path.stat().st_size} bytes, expected less than {MAX_BYTES}")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise VignetteError(f"{path} cannot be read: {unreadable(error)}") from error
    try:
        data = parse_yaml(text, str(path))
    except CaseError as error:
        raise VignetteError(str(error)) from error
    vignettes = tuple(_vignettes(data, str(path)))
    names = [vignette.name for vignette in vignettes]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise VignetteError(f'{path}: two vignettes are named "{twice}"; give each its own name')
    return vignettes


def _vignettes(data: Any, source: str) -> Iterator[Vignette]:
    if not isinstance(data, dict) or not isinstance(data.get("vignettes"), list) or not data["vignettes"]:
        raise VignetteError(f"{source} has no list under `vignettes:`; docs/clinical/vignettes.md shows one")
    strange = [str(key) for key in data if key not in KEYS]
    if strange:
        raise VignetteError(f"{source}: {', '.join(strange)} is no key here; expected {' and '.join(KEYS)}")
    version = data.get("vignette_format", VIGNETTE_FORMAT)
    if type(version) is not int or not 1 <= version <= VIGNETTE_FORMAT:
        raise VignetteError(
            f"{source}: vignette_format is {version}, expected up to {VIGNETTE_FORMAT}; update spondyl to read it"
        )
    for place, each in enumerate(data["vignettes"], start=1):
        name = each.get("name", "") if isinstance(each, dict) else ""
        try:
            yield Vignette.model_validate(each)
        except (ValidationError, RecursionError) as error:
            said = f'"{name}"' if name else "without a name"
            raise VignetteError(f"{source}, vignette {place} ({said}): {_faults(error)}") from error


def _faults(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return "; ".join(_fault(dict(fault)) for fault in error.errors(include_url=False)[:5])


def _fault(fault: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "it"
    if fault["type"] == "extra_forbidden":
        return f"{where} is no key of a vignette"
    if fault["type"] == "missing":
        return f"{where} is missing"
    return f"{where}: expected {expected_text(fault)}".replace("expected Value error, ", "")

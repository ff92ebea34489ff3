"""The cases and spectra that travel with the package."""

from __future__ import annotations

from pathlib import Path

from spondyl.core.errors import CaseError

BUNDLED_CASES = ("lumbar_l3", "thoracic_t11")
BUNDLED_SPECTRA = ("spectrum_au50kV.csv", "spectrum_mohan_6mv.csv")
_DATA = Path(__file__).parent.parent / "data"


def bundled_case(name: str) -> Path:
    """Folder of a bundled case: real CT, drawn lesion, invented facts (Apache-2.0; README and LICENSE inside).

    Raises
    ------
    CaseError
        If there is no such case.
    """
    if name not in BUNDLED_CASES:
        raise CaseError(f'bundled case "{name}" does not exist; there are {", ".join(BUNDLED_CASES)}')
    return _DATA / "cases" / name


def beside_or_bundled(folder: Path, spectrum: Path) -> Path:
    """Where a spectrum file named in `folder` lies: there, or in the package for the bare name of a bundled one."""
    beside = folder / spectrum
    if not beside.exists() and str(spectrum) in BUNDLED_SPECTRA:
        return _DATA / "physics" / spectrum
    return beside

"""What `spondyl volumes` leaves behind: structures.dcm, masks, volumes.json, provenance.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spondyl.anatomy import Case, Structure, Volumes, tg263_name
from spondyl.core import DISCLAIMER, Progress, Provenance, sha256_of, silent, writing_folder
from spondyl.io import write_nifti, write_rtstruct


def volumes_record(case: Case, volumes: Volumes) -> dict[str, Any]:
    """Everything that was drawn and why, as JSON keeps it (`docs/clinical/volumes.md` describes the keys)."""
    return {
        "disclaimer": DISCLAIMER,
        "case": case.name,
        "level": case.facts.level,
        "consensus": volumes.consensus,
        "structures": [_structure(s, case.facts.level) for s in volumes.structures.values()],
        "involvement": [
            {
                "level": found.level,
                "sectors_touched": list(found.touched),
                "overlap_cm3": {name: round(v, 4) for name, v in found.overlap_cm3.items()},
                "position_in_body": found.position,
                "gtv_fraction_of_vertebral_body": round(found.body_fraction, 4),
                "left_share": round(found.left_share, 4),
            }
            for found in volumes.involvements
        ],
        "rules": [
            {"level": rule.level, "row": rule.row, "adds": list(rule.adds), "source": str(rule.source)}
            for rule in volumes.rules
        ],
        "measures": {name: round(value, 4) for name, value in volumes.measures.items()},
        "assumptions": list(volumes.assumptions),
        "settings": asdict(volumes.settings),
        "citations": [str(citation) for citation in volumes.citations],
        "warnings": list(case.warnings),
    }


def _structure(structure: Structure, level: str | None) -> dict[str, Any]:
    return {
        "name": structure.name,
        "tg263_name": tg263_name(structure.name, level),
        "role": structure.role,
        "volume_cm3": round(structure.volume_cm3, 4),
        "made": list(structure.made),
    }


def write_volumes(
    out: Path, case: Case, volumes: Volumes, settings: Mapping[str, Any], progress: Progress = silent
) -> None:
    """Write structures.dcm, structures/*.nii.gz with structures.json, volumes.json and provenance.json.

    Raises
    ------
    OutputError
        If the folder cannot be written to; it is then as it was.
    """
    inputs = sha256_of({"case": case.folder}) if case.folder is not None else {}
    with writing_folder(out) as folder:
        write_rtstruct(folder / "structures.dcm", case, volumes.structures)
        (folder / "structures").mkdir()
        listed: dict[str, dict[str, Any]] = {}
        for number, structure in enumerate(volumes.structures.values(), start=1):
            file = f"structures/{_file_name(structure.name)}.nii.gz"
            write_nifti(folder / file, _mask(structure), structure.grid)
            listed[structure.name] = {
                "file": file,
                "role": structure.role,
                "colour": structure.colour,
                "volume_cm3": round(structure.volume_cm3, 4),
            }
            progress("Writing", number / len(volumes.structures))
        _write_json(folder / "structures.json", listed)
        _write_json(folder / "volumes.json", volumes_record(case, volumes))
        Provenance("volumes", inputs, settings).write(folder / "provenance.json")


def _mask(structure: Structure) -> NDArray[Any]:
    """0 and 1 as bytes where every voxel is in or out, else the covered fraction."""
    whole = structure.full()
    return whole.astype(np.uint8) if np.isin(structure.coverage, (0, 1)).all() else whole


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", name).strip(".") or "structure"


def _write_json(path: Path, record: Any) -> None:
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

"""What a plan's output folder remembers of its report: `report.json`, the words and numbers beside the DICOM files.

With it `spondyl report OUT` writes the same report again: images come from the case folder, structures and dose from
the DICOM files, DVHs from dvh.csv.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from operator import itemgetter
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from pydantic import TypeAdapter, ValidationError

from spondyl.anatomy import Structures
from spondyl.app.report.inputs import Curve, ReportInputs
from spondyl.core import DISCLAIMER, sha256_of, writing
from spondyl.core.errors import CaseError
from spondyl.core.faults import expected_text, shown
from spondyl.evaluate import DVH
from spondyl.io import open_case, read_rtdose, read_rtstruct, standard_names

FILE = "report.json"
_ARRAYS = ("case", "structures", "dose", "curves")
_DVH_COLUMNS = ("structure", "dose_gy", "volume_percent")


def remember(folder: Path, inputs: ReportInputs) -> Path:
    """Write `report.json` beside a plan's DICOM files; the case folder is kept as a path relative to it."""
    words = {f.name: _plain(f.name, getattr(inputs, f.name)) for f in fields(inputs) if f.name not in _ARRAYS}
    home = inputs.case.folder
    record = {
        "disclaimer": DISCLAIMER,
        "case_folder": os.path.relpath(home.resolve(), folder.resolve()) if home else None,
        "dvh_volumes_cm3": {c.structure: c.volume_cm3 for c in inputs.curves},
        "made": {name: s.made for name, s in inputs.structures.items()},
        **words,
        "volumes_cm3": {name: round(inputs.volume_cm3(name), 6) for name in inputs.structures},
    }
    path = folder / FILE
    with writing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return path


def recall(folder: Path, case_folder: Path | None = None) -> ReportInputs:
    """Read a plan's output folder back.

    Parameters
    ----------
    folder
        With report.json, structures.dcm, dose.dcm and dvh.csv, as `spondyl plan` writes them.
    case_folder
        Where the case is now, if it moved.

    Raises
    ------
    CaseError
        If a file is missing or is not what `spondyl plan` wrote, or the case is not where it was.
    """
    record = _record(folder)
    words = _words(folder / FILE, record)
    case = open_case(_case_folder(folder, record, case_folder))
    structures = read_rtstruct(_file(folder, "structures.dcm"), case.ct.grid)
    made = _part(folder / FILE, record, "made", dict[str, list[str]])
    own = {written: name for name, written in standard_names(made).items()}
    named = [replace(s, name=own.get(s.name, s.name)) for s in structures.values()]
    structures = Structures([replace(s, made=tuple(made.get(s.name) or s.made)) for s in named])
    dose = read_rtdose(_file(folder, "dose.dcm"))
    volumes_cm3 = _part(folder / FILE, record, "dvh_volumes_cm3", dict[str, float])
    curves = _curves(_file(folder, "dvh.csv"), volumes_cm3)
    return _with_changes(ReportInputs(case, structures, dose, curves=curves, **words))


def curves_of(made: Mapping[str, DVH]) -> tuple[Curve, ...]:
    """DVHs in percent of the whole structure, for drawing."""
    return tuple(Curve(name, d.dose_gy, 100.0 * d.volume_cm3 / d.total_cm3, d.total_cm3) for name, d in made.items())


def _curves(path: Path, volumes_cm3: Mapping[str, float]) -> tuple[Curve, ...]:
    """The DVHs of dvh.csv, of the structures whose volumes are given."""
    points: dict[str, list[tuple[float, float]]] = {name: [] for name in volumes_cm3}
    with path.open(encoding="utf-8", newline="") as stream:
        try:
            for name, dose, percent in map(itemgetter(*_DVH_COLUMNS), csv.DictReader(stream)):
                if name in points:
                    points[name].append((float(dose), float(percent)))
        except (KeyError, TypeError, ValueError) as error:
            raise CaseError(f"{path} is not a dvh.csv of spondyl: {error!r}; run `spondyl plan` again") from error
    found = {name: np.array(rows) for name, rows in points.items() if rows}
    return tuple(Curve(name, rows[:, 0], rows[:, 1], volumes_cm3[name]) for name, rows in found.items())


def _plain(name: str, value: Any) -> Any:
    hints = get_type_hints(ReportInputs)
    return TypeAdapter(hints[name]).dump_python(value, mode="json")


def _record(folder: Path) -> dict[str, Any]:
    path = _file(folder, FILE)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CaseError(f"{path} is not JSON ({error}), expected what `spondyl plan` wrote; run it again") from error
    if not isinstance(record, dict):
        raise CaseError(f"{path} holds a {type(record).__name__}, expected an object of keys; run `spondyl plan` again")
    return record


def _words(path: Path, record: dict[str, Any]) -> dict[str, Any]:
    """All that a report shows beside arrays; a part that has a default may be missing."""
    hints, words = get_type_hints(ReportInputs), {}
    for f in fields(ReportInputs):
        needed = f.default is MISSING and f.default_factory is MISSING
        if f.name not in _ARRAYS and (needed or f.name in record):
            words[f.name] = _part(path, record, f.name, hints[f.name])
    return words


def _part(path: Path, record: dict[str, Any], name: str, kind: Any) -> Any:
    """The value of one key, of the kind that `remember` wrote.

    Raises
    ------
    CaseError
        If it is missing or of another kind.
    """
    if name not in record:
        raise CaseError(f'{path} is not a report.json of spondyl: it has no "{name}"; run `spondyl plan` again')
    try:
        return TypeAdapter(kind).validate_python(record[name])
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in (name, *fault["loc"]))
        raise CaseError(
            f"{path} is not a report.json of spondyl: {place} is {shown(fault['input'])}, expected "
            f"{expected_text(fault)}; run `spondyl plan` again"
        ) from error


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        raise CaseError(
            f"{folder} {what} and holds no {name}, expected the output folder of `spondyl plan`; check the path"
        )
    if not path.is_file():
        raise CaseError(f"{folder} holds no {name}, expected the output folder of `spondyl plan`; run it first")
    return path


def _case_folder(folder: Path, record: dict[str, Any], asked: Path | None) -> Path:
    if asked is not None:
        return asked
    kept = record.get("case_folder")
    there = (folder / kept).resolve() if isinstance(kept, str) else None
    if there is None or not there.is_dir():
        raise CaseError(f"{folder}: its case folder {there or 'is not recorded'} is not there; give --case CASE")
    return there


def _with_changes(inputs: ReportInputs) -> ReportInputs:
    """A warning where the case is no longer what was planned on."""
    planned = inputs.inputs_sha256.get("case")
    if planned and inputs.case.folder and sha256_of({"case": inputs.case.folder})["case"] != planned:
        told = "the case folder has changed since the plan was made: its CT in this report is not the one planned on"
        return replace(inputs, warnings=(*inputs.warnings, told))
    return inputs

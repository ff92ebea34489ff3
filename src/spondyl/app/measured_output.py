"""What `spondyl facts propose` leaves behind: proposals.yaml, proposals.json, pictures, provenance.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from spondyl.anatomy import Case
from spondyl.anatomy.measured import Measurements, Proposal
from spondyl.app.measured_pictures import draw_measured
from spondyl.core import DISCLAIMER, Progress, Provenance, sha256_of, silent, writing_folder

HEAD = """Facts proposed from CT and masks of case {case}. {disclaimer}
Not confirmed and not in case.yaml: look at the pictures, then copy what you confirm into case.yaml.
Behind each value: its range, and what case.yaml says now."""


def proposals_record(case: Case, found: Measurements, proposals: tuple[Proposal, ...]) -> dict[str, Any]:
    """Every proposal, as JSON keeps it (`docs/clinical/measured.md` describes the keys)."""
    return {
        "disclaimer": DISCLAIMER,
        "case": case.name,
        "level": found.level,
        "confirmed": False,
        "proposals": [_record(proposal) for proposal in proposals],
        "notes": list(found.notes),
        "warnings": list(case.warnings),
    }


def _record(proposal: Proposal) -> dict[str, Any]:
    return {
        "name": proposal.name,
        "path": proposal.path or None,
        "value": _plain(proposal.value),
        "unit": proposal.unit or None,
        "low": proposal.low,
        "high": proposal.high,
        "uncertainty": None if proposal.uncertainty is None else round(proposal.uncertainty, 4),
        "how": proposal.how,
        "note": proposal.reason or None,
        "source": proposal.source,
        "present": _plain(proposal.present),
        "agreement": proposal.agreement,
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def proposals_yaml(case: Case, proposals: Sequence[Proposal], notes: Sequence[str] = ()) -> str:
    """A fragment of case.yaml with every proposed value, and in comments its range, doubt and what stands there now.

    What could not be measured, and what case.yaml has no key for, stands in comments at its end.
    """
    lines = [f"# {line}" for line in HEAD.format(case=case.name, disclaimer=DISCLAIMER).splitlines()]
    tree: dict[str, Any] = {}
    for proposal in proposals:
        if proposal.path and proposal.value is not None:
            *tables, key = proposal.path.split(".")
            at = tree
            for table in tables:
                at = at.setdefault(table, {})
            at[key] = proposal
    lines += _lines(tree, "")
    lines += _comments("Measured, but case.yaml has no key for it", [p for p in proposals if not p.path])
    lines += _comments("Not determined", [p for p in proposals if p.path and p.value is None])
    lines += ["#", "# Notes:", *(f"#   {note}" for note in notes)] if notes else []
    return "\n".join(lines) + "\n"


def _lines(tree: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in tree.items():
        if isinstance(value, Proposal):
            lines.append(f"{indent}{key}: {_scalar(value)}  # {_remark(value)}")
            lines += [f"{indent}# {value.reason}"] if value.reason else []
        else:
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
    return lines


def _comments(title: str, proposals: Sequence[Proposal]) -> list[str]:
    if not proposals:
        return []
    return ["#", f"# {title}:", *(f"#   {p.path or p.name}: {told(p)}" for p in proposals)]


def told(proposal: Proposal) -> str:
    """Value with its range, or why there is none, in one line."""
    if proposal.value is None:
        return proposal.reason
    return f"{shown(proposal)} ({proposal.reason})" if proposal.reason else shown(proposal)


def shown(proposal: Proposal) -> str:
    """Value with unit and range; empty where there is none."""
    if proposal.value is None:
        return ""
    return " ".join(part for part in (_scalar(proposal), proposal.unit, _range(proposal)) if part)


def _remark(proposal: Proposal) -> str:
    said = " ".join(part for part in (proposal.unit, _range(proposal)) if part)
    now = "not in case.yaml yet"
    if proposal.present is not None:
        now = f"case.yaml: {_present(proposal)}, {proposal.agreement}"
    return f"{said}; {now}" if said else now


def _range(proposal: Proposal) -> str:
    low, high = proposal.low, proposal.high
    if low is None or high is None or low == high:
        return ""
    return f"[{low:.{proposal.digits}f} to {high:.{proposal.digits}f}]"


def _scalar(proposal: Proposal) -> str:
    value = proposal.value
    return f"{value:.{proposal.digits}f}" if isinstance(value, float) else _flow(value)


def _present(proposal: Proposal) -> str:
    return f"{proposal.present:g}" if isinstance(proposal.present, float) else _flow(proposal.present)


def _flow(value: Any) -> str:
    """A word, yes or no, or a list on one line of YAML."""
    return yaml.safe_dump(_plain(value), default_flow_style=True, width=1000).removesuffix("\n...\n").strip()


def write_proposals(
    out: Path,
    case: Case,
    found: Measurements,
    proposals: tuple[Proposal, ...],
    settings: Mapping[str, Any],
    progress: Progress = silent,
) -> None:
    """Write proposals.yaml, proposals.json, the pictures and provenance.json; the case folder is not touched.

    Raises
    ------
    OutputError
        If the folder cannot be written to; it is then as it was.
    """
    inputs = sha256_of({"case": case.folder}) if case.folder is not None else {}
    with writing_folder(out) as folder:
        (folder / "proposals.yaml").write_text(proposals_yaml(case, proposals, found.notes), encoding="utf-8")
        record = {**proposals_record(case, found, proposals)}
        record["pictures"] = [path.name for path in draw_measured(folder, case, found, progress)]
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "proposals.json").write_text(text + "\n", encoding="utf-8")
        Provenance("facts propose", inputs, settings).write(folder / "provenance.json")

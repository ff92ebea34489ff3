"""`spondyl facts check`: what is missing, what each missing fact would tell, and what does not fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from spondyl.app.cli.common import out_console, write_json
from spondyl.clinic.facts import Facts
from spondyl.clinic.flags import flags
from spondyl.clinic.missing import Missing, missing_facts, unknown_facts
from spondyl.clinic.scores import SCORES, Score
from spondyl.core import DISCLAIMER
from spondyl.core.errors import CaseError
from spondyl.io.case_yaml import read_case_yaml

HELP = """Say what is missing from the facts, which scores each missing fact would settle or narrow, and what
does not fit together. Contradictions are refused, exit code 2.

Example:

    spondyl facts check cases/t11
"""


def check(
    case: Annotated[Path, typer.Argument(help="Case folder, or a file of facts.")],
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> int:
    """Check facts."""
    path = case / "case.yaml" if case.is_dir() else case
    try:
        facts = read_case_yaml(path)
    except CaseError as error:
        if json_:
            write_json({"facts": str(path), "readable": False, "faults": str(error)})
        raise
    scores = tuple(score(facts) for score in SCORES)
    missing = missing_facts(facts, scores)
    if json_:
        write_json(_record(path, facts, scores, missing))
    else:
        _show(path, facts, scores, missing)
    return 0


def _record(path: Path, facts: Facts, scores: tuple[Score, ...], missing: tuple[Missing, ...]) -> dict[str, Any]:
    return {
        "facts": str(path),
        "readable": True,
        "scores": {score.key: score.record() for score in scores},
        "missing": [each.record() for each in missing],
        "undefined": {score.key: list(score.undefined) for score in scores if score.undefined},
        "flags": list(flags(facts)),
        "unknown": list(unknown_facts(facts)),
    }


def _show(path: Path, facts: Facts, scores: tuple[Score, ...], missing: tuple[Missing, ...]) -> None:
    table = Table(title=f"Scores from {path}", title_justify="left")
    for heading in ("score", "value", "meant in its publication", "waits for"):
        table.add_column(heading, overflow="fold")
    for score in scores:
        waits = f"{len(score.needs)} facts" if len(score.needs) > 1 else score.needs[0] if score.needs else ""
        table.add_row(*(Text(cell) for cell in (score.name, _value(score), _meaning(score), waits)))
    out_console.print(table)
    _show_missing(missing)
    for score in scores:
        for why in score.undefined:
            out_console.print(f"undefined: {score.name}: {why}", markup=False)
    for flag in flags(facts):
        out_console.print(f"check: {flag}", markup=False, style="yellow")
    asked = {each.path for each in missing}
    silent = [name for name in unknown_facts(facts) if name not in asked]
    out_console.print(
        f"{len(silent)} other facts are unknown; no score waits for them, rules may: see --json", markup=False
    )
    out_console.print(DISCLAIMER, markup=False)


def _show_missing(missing: tuple[Missing, ...]) -> None:
    if not missing:
        return
    table = Table(title="Missing facts, those that tell most first", title_justify="left")
    for heading in ("fact", "alone settles", "narrows, with others"):
        table.add_column(heading, overflow="fold")
    for each in missing:
        table.add_row(*(Text(cell) for cell in (each.path, ", ".join(each.settles), ", ".join(each.narrows))))
    out_console.print(table)


def _value(score: Score) -> str:
    if len(score.missing) == len(score.items):
        return f"unknown ({score.low} to {score.high})" if isinstance(score.low, int) else "unknown"
    return str(score.total) if score.total is not None else f"{score.low} to {score.high}"


def _meaning(score: Score) -> str:
    if score.band is not None:
        return f"{score.band.name}: {score.band.meaning}"
    names = [band.name for band in score.bands]
    return " or ".join(names) if len(names) <= 4 else f"{names[0]} to {names[-1]}"

"""`spondyl whatif separation` and `spondyl whatif escalate`: two plans and what is between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from spondyl.app.cli.common import out_console, progress_bars, write_json
from spondyl.app.cli.mandatory import EXIT_CODES, tell_unmet
from spondyl.app.volume_options import volume_settings
from spondyl.app.whatif_escalate import what_if_escalated
from spondyl.app.whatif_pair import Answer, Question
from spondyl.app.whatif_separation import what_if_separated
from spondyl.core import DISCLAIMER, Progress, check_output
from spondyl.plan import PlanSettings

SEPARATION = f"""Take tumour within a gap of cord and thecal sac away, draw and plan anew, and show what it buys.

Example:

    spondyl whatif separation cases/l3 --gap-mm 2 -o out/apart

{EXIT_CODES}
"""
ESCALATE = f"""Find the highest median dose of the GTV that cord and organs allow, and say what binds it.

Example:

    spondyl whatif escalate cases/l3 -o out/high

{EXIT_CODES}
"""
Case = Annotated[Path, typer.Argument(help="Case folder.")]
Out = Annotated[Path, typer.Option("-o", "--out", help="Folder for both plans, whatif.json and whatif.png.")]
Technique = Annotated[str, typer.Option(help="As in `plan`, beams only.")]
Protocol = Annotated[str | None, typer.Option(help="By default the case's.")]
Consensus = Annotated[str, typer.Option(help="As in `plan`.")]
Gtv = Annotated[str, typer.Option(help="Name of the GTV where there are several.")]
Words = Annotated[list[str] | None, typer.Option("--volume-setting", help="As in `plan`.")]
Before = Annotated[Path | None, typer.Option(help="A plan of the case as it is, in place of a new one.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No bars, no table.")]


def register(words: typer.Typer) -> None:
    """Add both words."""
    words.command("separation", help=SEPARATION)(separation)
    words.command("escalate", help=ESCALATE)(escalate)


def separation(
    case: Case,
    out: Out,
    gap_mm: Annotated[float, typer.Option(help="Between tumour and cord or sac; surgery leaves 2 to 3 mm.")] = 2.0,
    before: Before = None,
    technique: Technique = "imrt",
    protocol: Protocol = None,
    consensus: Consensus = "isrc-2012",
    gtv: Gtv = "",
    volume_setting: Words = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> int:
    """Plan before and after separation surgery."""
    question = _question(technique, protocol, consensus, gtv, volume_setting)
    return _answered(lambda told: what_if_separated(case, out, gap_mm, question, before, told), out, json_, quiet)


def escalate(
    case: Case,
    out: Out,
    keep_ceilings: Annotated[
        bool, typer.Option("--keep-ceilings", help="Keep the upper limits on the targets' hot spots.")
    ] = False,
    before: Before = None,
    technique: Technique = "imrt",
    protocol: Protocol = None,
    consensus: Consensus = "isrc-2012",
    gtv: Gtv = "",
    volume_setting: Words = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> int:
    """Plan with the highest GTV D50%."""
    question = _question(technique, protocol, consensus, gtv, volume_setting)
    return _answered(
        lambda told: what_if_escalated(case, out, question, keep_ceilings, before, told), out, json_, quiet
    )


def _question(technique: str, protocol: str | None, consensus: str, gtv: str, words: list[str] | None) -> Question:
    volumes = volume_settings(words or ())
    asked = {"technique": technique, "protocol": protocol, "consensus": consensus, "gtv": gtv}
    kept = {**asked, "volumes": asdict(volumes), **asdict(PlanSettings())}
    return Question({**asked, "volume_settings": volumes}, gtv, kept)


def _answered(ask: Callable[[Progress], Answer], out: Path, json_: bool, quiet: bool) -> int:
    """Plan, write, tell; the exit code."""
    check_output(out)
    with progress_bars(quiet or json_) as progress:
        answer = ask(progress)
        answer.write(out)
    return _tell(answer, out, json_, quiet)


def _tell(answer: Answer, out: Path, json_: bool, quiet: bool) -> int:
    if json_:
        write_json(answer.record())
    elif not quiet:
        made = answer.table
        table = Table(title=made.title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
        for index, name in enumerate(made.columns):
            table.add_column(name, justify="left" if index in (0, 4) else "right", no_wrap=True)
        for row in made.rows:
            table.add_row(*row)
        out_console.print(table)
        told = (f"note: {made.note}", *(f"before: {b}" for b in answer.before.binding),
                *(f"after: {b}" for b in answer.after.binding), f"written to {out}", DISCLAIMER)  # fmt: skip
        for line in told:
            out_console.print(line, markup=False, soft_wrap=True)
    return tell_unmet(answer.verdicts)

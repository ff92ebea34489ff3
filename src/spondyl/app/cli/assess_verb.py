"""`spondyl assess`: scores, and every option with the reasons for and against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from spondyl.app.board import VERDICTS, board_html, modality_name, sorted_options
from spondyl.app.board import lines as say
from spondyl.app.cli.common import err_console, out_console, write_json
from spondyl.app.report.pdf import check_printer, write_pdf
from spondyl.clinic.decide import Assessment, Option, assess
from spondyl.clinic.evidence import evidence_for
from spondyl.clinic.facts import Facts
from spondyl.clinic.flags import flags
from spondyl.core import DISCLAIMER, check_output, writing_folder
from spondyl.core.errors import CaseError, nearest
from spondyl.core.provenance import Provenance, sha256_of
from spondyl.io.case_yaml import read_case_yaml

HELP = """Scores, and every treatment option with the reasons for and against it.

CASE is a case folder or a case.yaml; only its facts are read.

Examples:

    spondyl assess cases/t11

    spondyl assess cases/t11 --explain kypho_iort

    spondyl assess cases/t11 -o out/board --pdf
"""
STYLES = {
    "recommended": "green",
    "possible": "cyan",
    "needs facts": "yellow",
    "advised against": "dark_orange",
    "contraindicated": "red",
}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("assess", help=HELP)(assess_case)


def assess_case(
    case: Annotated[Path, typer.Argument(help="Case folder or case.yaml.")],
    explain: Annotated[str, typer.Option(help="Walk through every rule of one option: srs_sbrt, pkp.")] = "",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the tumour-board sheet and assessment.json.")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the sheet to PDF too (needs the extra pdf).")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No table.")] = False,
) -> int:
    """Assess a case from its facts."""
    if pdf and out is None:
        raise CaseError("--pdf needs a folder to print into; name it with -o")
    if out is not None:
        check_output(out)
    if pdf:
        check_printer()
    source = case / "case.yaml" if case.is_dir() else case
    facts = read_case_yaml(source)
    made = assess(facts)
    option = _asked(made, explain) if explain else None
    if out is not None:
        _write(made, _title(facts, case), out, pdf, source)
    if json_:
        record = _record(made)
        write_json(
            record
            if option is None
            else {key: record[key] for key in ("emergency", "disclaimer")}
            | {option.modality: record["options"][option.modality]}
        )
    elif option is not None:
        _emergency(made)
        _explain(option)
    elif not quiet:
        _show(made)
    elif made.emergency.value:
        _emergency(made)
    if out is not None and not json_ and not quiet:
        err_console.print(f"sheet: {out / 'board.html'}", markup=False, soft_wrap=True)
    return 0


def _title(facts: Facts, case: Path) -> str:
    return facts.case_id or case.resolve().name


def _asked(made: Assessment, modality: str) -> Option:
    by_name = {modality_name(key).casefold(): key for key in made.options}
    asked = by_name.get(modality.casefold(), modality)
    if asked not in made.options:
        found = [by_name.get(name, name) for name in nearest(modality.casefold(), (*by_name, *made.options))]
        near = ", ".join(dict.fromkeys(found)) or ", ".join(made.options)
        raise CaseError(f'no option "{modality}"; nearest: {near}')
    return made.options[asked]


def _record(made: Assessment) -> dict[str, Any]:
    """The assessment, each option with the numbers of its published outcomes (`spondyl evidence`), and flags."""
    record = {**made.record(), "flags": list(flags(made.facts))}
    for modality, option in record["options"].items():
        option["evidence"] = [outcome.id for outcome in evidence_for(modality)]
    return record


def _write(made: Assessment, title: str, out: Path, pdf: bool, source: Path) -> None:
    html = board_html(made, title)
    with writing_folder(out) as folder:
        (folder / "board.html").write_text(html, encoding="utf-8")
        text = json.dumps(_record(made), indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "assessment.json").write_text(text + "\n", encoding="utf-8")
        if pdf:
            write_pdf(html, folder / "board.pdf")
        Provenance("assess", sha256_of({"case.yaml": source}), {"pdf": pdf}).write(folder / "provenance.json")


def _show(made: Assessment) -> None:
    _emergency(made)
    out_console.print(say.lesion_line(made.facts), markup=False)
    out_console.print(_scores(made))
    out_console.print(_options(made))
    for option in made.disagreements:
        out_console.print(
            f"frameworks disagree on {modality_name(option.modality)}: {option.verdict}, the stricter one counts "
            f"(--explain {option.modality})",
            markup=False,
        )
    for flag in flags(made.facts):
        out_console.print(f"check: {flag}", markup=False, style="yellow")
    wanted = say.most_wanted(made, 8)
    if wanted:
        out_console.print("most waited for: " + ", ".join(path for path, _ in wanted), markup=False)
    out_console.print(f"Bands are those of published cohorts, not this patient's fate. {DISCLAIMER}", style="dim")


def _emergency(made: Assessment) -> None:
    if made.emergency.value:
        out_console.print(made.emergency.said, style="bold red", markup=False)
    elif made.emergency.value is None:
        needs = ", ".join(made.emergency.needs)
        out_console.print(f"emergency not excluded: {made.emergency.said}; needs {needs}", style="yellow", markup=False)


def _table(*titles: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold", min_width=15 if title == "verdict" else None)
    return table


def _scores(made: Assessment) -> Table:
    table = _table("score", "total", "band", "missing or undefined")
    for score in made.scores.values():
        table.add_row(
            Text(score.name),
            Text(say.total_text(score)),
            Text(say.band_text(score)),
            Text(say.waits_text(score), "dim"),
        )
    return table


def _options(made: Assessment) -> Table:
    table = _table("verdict", "option", "why")
    for option in sorted_options(made):
        table.add_row(
            Text(option.verdict, STYLES[option.verdict]), Text(modality_name(option.modality)), Text(_why(option))
        )
    return table


def _why(option: Option) -> str:
    """The first reason on the side that the verdict takes, and how many more there are."""
    if option.verdict == "needs facts":
        shown = ", ".join(path.removeprefix("clinical.") for path in option.needs[:3])
        more = len(option.needs) - 3
        return f"needs {shown}" + (f" and {more} more" if more > 0 else "")
    for_it, against = say.spoken(option, True), say.spoken(option, False)
    first = for_it if option.verdict in VERDICTS[:2] else against
    words = [say.reason_line(first[0])] if first else []
    counts = f"{len(for_it)} for, {len(against)} against, {len(option.could_fire)} wait"
    return "; ".join([*words, counts])


def _explain(option: Option) -> None:
    out_console.print(Text.assemble(modality_name(option.modality), ": ", (option.verdict, STYLES[option.verdict])))
    for title, reasons in (
        ("for", say.spoken(option, True)),
        ("against", say.spoken(option, False)),
        ("waits for a fact", list(option.could_fire)),
        ("to know where it is chosen", list(option.notes)),
    ):
        if not reasons:
            continue
        out_console.print(Text(title, "bold"))
        for reason in reasons:
            out_console.print(f"  {say.reason_text(reason)}", markup=False)
            waits = f"; needs {', '.join(reason.truth.needs)}" if reason.truth.needs else ""
            out_console.print(
                f"    {reason.effect.replace('_', ' ')}; {reason.source}{waits}", markup=False, style="dim"
            )
    rest = [r for r in option.asked if r.truth.value is False and r not in option.reasons]
    if rest:
        out_console.print(Text("asked, and does not hold", "bold"))
        for reason in rest:
            out_console.print(f"  {reason.rule}: {reason.text} [{reason.truth.said}]", markup=False, style="dim")
    outcomes = evidence_for(option.modality)
    out_console.print(
        f"published outcomes: {len(outcomes)} (spondyl evidence --modality {option.modality})" if outcomes
        else "published outcomes: none in the table",
        markup=False,
    )  # fmt: skip
    out_console.print(DISCLAIMER, style="dim")

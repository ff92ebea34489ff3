"""`spondyl fhir`: an assessment as a FHIR bundle, and the facts of a bundle as case.yaml."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from spondyl.app.cli.common import check_output_file, err_console
from spondyl.clinic.decide import assess
from spondyl.core import DISCLAIMER, writing
from spondyl.core.errors import OutputError
from spondyl.io.case_yaml import read_case_yaml
from spondyl.io.case_yaml_write import case_yaml
from spondyl.io.fhir import bundle_json, code_systems, facts_from_bundle, read_bundle, to_bundle

HELP = """FHIR R4: an assessment as a bundle, the facts of a bundle back, spondyl's own codes. Needs spondyl[fhir].

Example:

    spondyl fhir export cases/t11 -o out/t11.json

    spondyl fhir import out/t11.json -o out/case.yaml

    spondyl fhir codes -o out/codes.json
"""


def register(app: typer.Typer) -> None:
    """Add the verb and its words."""
    words = typer.Typer(help=HELP, no_args_is_help=True)
    words.command("export", help="Assess a case and write patient, facts, scores and options as a bundle.")(export)
    words.command("import", help="Write the facts of a bundle as a case.yaml.")(import_)
    words.command("codes", help="Write spondyl's own codes as FHIR CodeSystems.")(codes)
    app.add_typer(words, name="fhir")


def export(
    case: Annotated[Path, typer.Argument(help="Case folder or case.yaml; only its facts are read.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="File of the bundle, JSON.")],
    date: Annotated[
        datetime | None,
        typer.Option(help="Day of the assessment, 2026-03-31; without it none is written.", formats=["%Y-%m-%d"]),
    ] = None,
) -> int:
    """Write a bundle."""
    check_output_file(out)
    facts = read_case_yaml(case / "case.yaml" if case.is_dir() else case)
    bundle = to_bundle(assess(facts), assessed_on=date.date() if date else None)
    _write(out, bundle_json(bundle))
    err_console.print(f"written to {out}, {len(bundle['entry'])} resources. {DISCLAIMER}", markup=False, soft_wrap=True)
    return 0


def import_(
    file: Annotated[Path, typer.Argument(help="A FHIR R4 bundle, JSON.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The case.yaml to write; without it, on stdout.")
    ] = None,
) -> int:
    """Write the facts of a bundle."""
    if out is not None:
        check_output_file(out)
        if out.exists():
            raise OutputError(f"{out} is there already and is not written over; choose another name with -o")
    facts = facts_from_bundle(read_bundle(file))
    text = case_yaml(facts, (f"Facts read from the FHIR bundle {file.name!r}; what is not here is unknown.",))
    if out is None:
        sys.stdout.write(text)
        return 0
    _write(out, text)
    err_console.print(f"written to {out}", markup=False, soft_wrap=True)
    return 0


def codes(
    out: Annotated[Path | None, typer.Option("-o", "--out", help="File to write; without it, on stdout.")] = None,
) -> int:
    """Write the code systems."""
    entries = [{"fullUrl": each["url"], "resource": each} for each in code_systems()]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=2, ensure_ascii=False)
    if out is None:
        sys.stdout.write(text + "\n")
        return 0
    check_output_file(out)
    _write(out, text + "\n")
    err_console.print(f"written to {out}", markup=False, soft_wrap=True)
    return 0


def _write(out: Path, text: str) -> None:
    with writing(out) as path:
        path.write_text(text, encoding="utf-8")

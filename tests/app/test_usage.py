"""What a newcomer types wrong, and what they are told: what was given, what is expected, where to read on."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from spondyl.app.cli import main
from spondyl.app.cli.main import VERBS
from spondyl.core.errors import PlanError
from spondyl.io import bundled_case
from spondyl.plan import load_plan

T11 = str(bundled_case("thoracic_t11"))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    said = capsys.readouterr()
    return left.value.code, said.out, said.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "error: spondyl alone does nothing, expected one of import, show, "),
        (("machine",), "error: spondyl machine alone does nothing, expected one of list, show, fit, check after it"),
        (("plam",), 'error: verb "plam" is unknown, expected one of import, show, '),
        (("plam",), "; did you mean plan?; see spondyl --help"),
        (("machine", "lst"), 'error: verb "lst" is unknown, expected one of list, show, fit, check; did you'),
        (("plan",), "error: CASE is missing, expected: Case folder; see spondyl plan --help"),
        (("plan", "case"), "error: -o / --out is missing, expected: Output folder; see spondyl plan --help"),
        (("plan", "case", "--protocl", "x"), "error: option --protocl is unknown; did you mean --protocol?"),
        (
            ("plan", "case", "-o", "out", "--fields", "12"),
            "error: --fields is 12, expected a number of at most 11 (Coplanar fields, 9 to 11); see spondyl",
        ),
        (("plan", "case", "-o", "out", "--fields", "many"), "error: --fields is many, expected a whole number"),
        (("volumes", "case", "--ap-margin-mm", "two"), "error: --ap-margin-mm is two, expected a number; see "),
        (("show", "nowhere"), "error: case folder nowhere not found; expected a folder with case.yaml"),
        (("show", __file__, "--no-picture"), "is a file, case folder not found; expected a folder with case.yaml"),
        (("evaluate", __file__), "is not a folder, expected a case or a plan's output; for single files use --dose"),
        (("import", __file__, "-o", "new"), "is a file; expected a folder with DICOM files"),
        (("plan", T11, "-o", "new", "--volume-setting", "ap_margin_mm=x"), 'is "x", expected a number; correct it'),
        (("plan", T11, "-o", "new", "--protocol", "tg-101"), 'protocol "tg-101" has limits but no prescription'),
        (("report", "nowhere"), "error: nowhere is not there and holds no report.json, expected the output"),
        (("report", __file__), "is a file and holds no report.json, expected the output folder"),
        (("machine", "show", "no.yaml"), "error: machine file no.yaml cannot be read: No such file or directory"),
    ],
)  # fmt: skip
def test_wrong_words_are_answered_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    code, _, said = run(capsys, *arguments)
    assert code == 2
    assert told in said
    assert not any(word in said for word in ("Traceback", "Errno", "Input should"))


def test_a_plans_output_is_no_case_and_other_json_is_no_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_text("{}")
    code, _, said = run(capsys, "show", tmp_path, "--no-picture")
    assert code == 2
    assert "is what `spondyl plan` wrote, expected a case folder" in said
    with pytest.raises(PlanError, match=r'is not a plan.json of spondyl: it has no "format"; make it again'):
        load_plan(tmp_path / "plan.json")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    code, said, _ = run(capsys, verb, "--help")
    assert code == 0
    assert f"spondyl {verb}" in " ".join(said.split()).replace(f"Usage: spondyl {verb}", "")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = run(capsys, "--version")
    assert (code, said) == (0, f"spondyl {version('spondyl')}\n")


WORDS = {"technique": "imrt", "protocol": "sib-sbrt-30in5", "made": {}, "dvh_volumes_cm3": {}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("junk", "is not JSON ("),
        ("[1]", "holds a list, expected an object of keys"),
        ("{}", 'is not a report.json of spondyl: it has no "technique"; run'),
        (json.dumps({**WORDS, "goals": [{"structure": 3}]}), "goals.0.structure is 3, expected text; run"),
        (json.dumps({**WORDS, "prescription_gy": "thirty"}), 'prescription_gy is "thirty", expected a number; run'),
        (json.dumps({**WORDS, "timings_s": 3}), "timings_s is 3, expected a table of keys and values; run"),
    ],
)
def test_a_junk_report_json_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / "report.json").write_text(text)
    code, _, said = run(capsys, "report", tmp_path, "--quiet")
    assert code == 2
    assert told in said
    assert "again" in said
    assert "pydantic" not in said

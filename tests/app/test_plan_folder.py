"""What an earlier plan left in the folder does not stay beside a new one, and nothing else is lost."""

from pathlib import Path

import pytest

from spondyl.app.plan_folder import check_plan_folder, plan_folder
from spondyl.core import Provenance
from spondyl.core.errors import OutputError


def planned(out: Path, *names: str) -> None:
    with plan_folder(out) as folder:
        for name in names:
            (folder / name).write_text(f"new {name}")
        Provenance("plan", {}, {}).write(folder / "provenance.json")


def interrupted(out: Path) -> None:
    with plan_folder(out) as folder:
        (folder / "dose.dcm").write_text("half")
        raise KeyboardInterrupt


def names_in(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()}


def test_what_only_the_earlier_plan_wrote_goes_and_what_the_user_put_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    planned(out, "dose.dcm", "sensitivity.json", "dose_after_cement.dcm")
    (out / "mine.txt").write_text("mine")
    planned(out, "dose.dcm", "dose_after_cement.dcm")
    assert names_in(out) == {"dose.dcm", "dose_after_cement.dcm", "mine.txt", "provenance.json"}


def test_a_plan_that_fails_leaves_the_earlier_one_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    planned(out, "dose.dcm", "sensitivity.json")
    with pytest.raises(KeyboardInterrupt):
        interrupted(out)
    assert names_in(out) == {"dose.dcm", "sensitivity.json", "provenance.json"}
    assert (out / "dose.dcm").read_text() == "new dose.dcm"


@pytest.mark.parametrize("record", [None, "{", "[]", '{"command": "plan"}', '{"spondyl": "1", "command": "show"}'])
def test_someone_else_s_files_that_would_pass_as_ours_are_refused(tmp_path: Path, record: str | None) -> None:
    (tmp_path / "sensitivity.json").write_text("not ours")
    if record is not None:
        (tmp_path / "provenance.json").write_text(record)
    with pytest.raises(OutputError, match=r"holds sensitivity\.json, and no provenance\.json says"):
        check_plan_folder(tmp_path)
    with pytest.raises(OutputError), plan_folder(tmp_path):
        raise AssertionError("nothing is written")
    assert (tmp_path / "sensitivity.json").read_text() == "not ours"

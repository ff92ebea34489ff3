"""What the words of `spondyl followup` refuse: nothing is lost, nothing half done, no patient's data in a message."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spondyl.app.cli import main
from spondyl.io.bundled import bundled_case
from spondyl.io.store import create_store, open_store

COHORT = Path(__file__).parents[1] / "data" / "cohort"
CASE = bundled_case("thoracic_t11")


@pytest.fixture(autouse=True)
def _amy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPONDYL_USER", "amy")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty store."""
    create_store(str(tmp_path / "trial.db"), "trial", who="amy").close()
    return tmp_path / "trial.db"


def _run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["followup", *(str(word) for word in words)])
    return int(str(left.value.code or 0))


def _refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line that a refusal prints, with the line ends that the console adds taken out."""
    capsys.readouterr()
    assert _run(*words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    return " ".join(shown.err.split())


def _spoilt(tmp_path: Path) -> Path:
    """The made-up cohort with one patient who died of what is no cause."""
    folder = Path(shutil.copytree(COHORT, tmp_path / "spoilt"))
    deaths = folder / "deaths.csv"
    deaths.write_text(deaths.read_text().replace("S005,2025-09-30,tumour", "S005,2025-09-30,tumor"))
    return folder


@pytest.mark.parametrize(
    "target", ["trial.db", "trial.db-wal", "trial.db-shm", "spoilt/patients.csv", "spoilt/new.csv"]
)
def test_the_rejects_never_take_the_place_of_the_store_or_of_what_is_read(place, tmp_path, capsys, target):
    folder = _spoilt(tmp_path)
    before = {path: path.read_bytes() for path in (place, *folder.iterdir())}
    assert "--skip-bad" in _refused(capsys, "import", place, folder, "--skip-bad", tmp_path / target)
    assert {path: path.read_bytes() for path in (place, *folder.iterdir())} == before
    with open_store(str(place)) as store:
        assert store.pseudonyms() == ()


def test_the_rejects_are_written_over_rejects_alone(place, tmp_path, capsys):
    folder = _spoilt(tmp_path)
    other = tmp_path / "letter.txt"
    other.write_text("file of another kind\n")
    told = _refused(capsys, "import", place, folder, "--skip-bad", other)
    assert "holds no rejects, and is not written over" in told
    assert other.read_text() == "file of another kind\n"
    (tmp_path / "link.csv").symlink_to(place)
    assert "is the store itself" in _refused(capsys, "import", place, folder, "--skip-bad", tmp_path / "link.csv")
    assert _run("import", place, folder, "--skip-bad", tmp_path / "rejects.csv") == 1
    assert _run("import", place, folder, "--update", "--skip-bad", tmp_path / "rejects.csv") == 1

"""The made-up cohort in tests/data is what its generator draws, and goes through files unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_cohort import FOLDER, synthetic_cohort

from spondyl.io.cohort_csv import read_cohort, write_cohort
from spondyl.io.store import create_store


def test_the_folder_is_what_the_generator_draws_and_reads_back_to_the_same_bytes(tmp_path: Path):
    cohort = read_cohort(FOLDER, "synthetic")
    assert cohort == synthetic_cohort()
    assert len(list(cohort.lesions())) == 22
    write_cohort(cohort.patients, tmp_path / "again")
    written = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert written == {path.name: path.read_bytes() for path in FOLDER.glob("*.csv")}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_drawn_comes_back_from_files_and_from_a_store(seed: int, tmp_path: Path):
    drawn = synthetic_cohort(30, seed).patients
    write_cohort(drawn, tmp_path / "drawn")
    read = read_cohort(tmp_path / "drawn").patients
    assert read == drawn
    with create_store(str(tmp_path / "cohort.db"), "drawn", who="amy") as store:
        store.add(read, who="amy")
        assert store.cohort().patients == drawn

"""The made-up cohort in tests/data is what its generator draws, and goes through files unchanged."""

from __future__ import annotations

from pathlib import Path

from synthetic_cohort import FOLDER, synthetic_cohort

from spondyl.io.cohort_csv import read_cohort, write_cohort


def test_the_folder_is_what_the_generator_draws_and_reads_back_to_the_same_bytes(tmp_path: Path):
    cohort = read_cohort(FOLDER, "synthetic")
    assert cohort == synthetic_cohort()
    assert len(list(cohort.lesions())) == 22
    write_cohort(cohort.patients, tmp_path / "again")
    written = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert written == {path.name: path.read_bytes() for path in FOLDER.glob("*.csv")}

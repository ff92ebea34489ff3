"""docs/clinical.md lists every instrument with the status and source that the code has."""

from pathlib import Path

from spondyl.clinic.scores.catalogue import catalogue

PAGE = (Path(__file__).parents[2] / "docs/clinical.md").read_text()


def test_every_instrument_stands_there_with_status_and_source() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    for entry in catalogue():
        start = f"| {entry.name} | {entry.status} | {entry.citation.text} |"
        found = [row for row in rows if row.startswith(start)]
        assert len(found) == 1, entry.name
        assert (f"`{entry.key}`" if entry.coded else entry.reason) in found[0]

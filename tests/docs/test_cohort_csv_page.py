"""The page of the cohort's CSV files names every file and column, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from spondyl.io.cohort_csv_schema import CSV_TABLES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cohort-csv.md"


def test_the_page_has_every_file_and_column_as_the_program_has_them():
    text = PAGE.read_text(encoding="utf-8").split("\n## Files\n")[1]
    sections = re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", text, re.S | re.M)
    told = {
        file: [tuple(cell.strip() for cell in row) for row in re.findall(r"^\| `(\w+)` \|(.*?)\|(.*?)\|", body, re.M)]
        for file, body in sections
    }
    assert told == {
        table.file: [(column.name, column.kind, "yes" if column.required else "") for column in table.columns]
        for table in CSV_TABLES
    }
    for table in CSV_TABLES:
        body = dict(sections)[table.file]
        for column in table.columns:
            (row,) = re.findall(rf"^\| `{column.name}` \|.*$", body, re.M)
            assert all(f"`{word}`" in row for word in column.codes)

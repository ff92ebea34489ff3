"""A plan's output folder: what an earlier plan left there and the new one does not write is taken away with it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from spondyl.core import check_output, writing_folder
from spondyl.core.errors import OutputError

MADE_BY = ("plan", "compare")
"""Commands that write a plan's folder."""
NOT_ALWAYS = (
    "indices.json", "key_numbers.json", "sensitivity.json", "dose_to_water.dcm", "dose_after_cement.dcm",
)  # fmt: skip
"""Files that some plans have and others do not; plan.dcm, which names its maker itself, is
`spondyl.app.dicom_output`'s."""


def check_plan_folder(out: Path) -> None:
    """Refuse, before any work, a folder that cannot be written to, or someone else's files that would pass as ours.

    Raises
    ------
    OutputError
        Then.
    """
    check_output(out)
    strange = [name for name in NOT_ALWAYS if (out / name).exists()]
    if strange and not _ours(out):
        raise OutputError(
            f"output {out} holds {', '.join(strange)}, and no provenance.json says that spondyl planned there: they "
            "would pass as the new plan's; choose another folder with -o, or move them"
        )


@contextmanager
def plan_folder(out: Path) -> Generator[Path]:
    """As `spondyl.core.writing_folder`; once everything new is there, what an earlier plan alone left is removed.

    Raises
    ------
    OutputError
        As `check_plan_folder`, and if the folder cannot be written to; it is then as it was.
    """
    check_plan_folder(out)
    with writing_folder(out) as folder:
        yield folder
        written = {path.name for path in folder.iterdir()}
    for name in NOT_ALWAYS:
        if name not in written:
            (out / name).unlink(missing_ok=True)


def _ours(out: Path) -> bool:
    """Whether a record says that a plan of ours was written there."""
    try:
        record = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and "spondyl" in record and record.get("command") in MADE_BY

"""How a table of a consensus is read: every row that applies adds its parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spondyl.anatomy.sectors import PARTS, SECTORS
from spondyl.core.citations import Citation, note
from spondyl.core.errors import VolumeError

POSITIONS = ("none", "central", "lateralised_left", "lateralised_right", "diffuse")


@dataclass(frozen=True)
class Row:
    """One row of a consensus table.

    Parameters
    ----------
    name
        What the tumour involves, in our words.
    touches
        Sectors that must all be touched; "{side}" makes the row hold for the left and for the right.
    adds
        Parts that belong to the CTV.
    place
        Where the source says so.
    position
        How the tumour must lie in the body; empty for any way.
    option
        Name of the setting without which the row is off; empty for a row that is always on.
    """

    name: str
    touches: tuple[str, ...]
    adds: tuple[str, ...]
    place: str
    position: str = ""
    option: str = ""

    def on_sides(self) -> tuple[Row, ...]:
        """The row itself, or its left and its right form."""
        if not any("{side}" in text for text in (*self.touches, *self.adds, self.position)):
            return (self,)
        return tuple(
            Row(
                f"{self.name}, {side}",
                tuple(t.format(side=side) for t in self.touches),
                tuple(a.format(side=side) for a in self.adds),
                self.place,
                self.position.format(side=side),
                self.option,
            )
            for side in ("left", "right")
        )


@dataclass(frozen=True)
class Consensus:
    """A guideline: rows of one source.

    Raises
    ------
    VolumeError
        If a row names a sector, part or position that does not exist, or a sector is covered by no row.
    """

    name: str
    source: Citation
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        for row in self.every_row():
            unknown = (set(row.touches) - set(SECTORS)) | (set(row.adds) - set(PARTS))
            if unknown or (row.position and row.position not in POSITIONS):
                raise VolumeError(
                    f'consensus {self.name}, row "{row.name}" names {", ".join(sorted(unknown)) or row.position}'
                )

    def every_row(self) -> tuple[Row, ...]:
        return tuple(form for row in self.rows for form in row.on_sides())


@dataclass(frozen=True)
class Decision:
    """Parts that belong to the CTV, in the order of `PARTS`, and the rows that say so."""

    parts: tuple[str, ...]
    rows: tuple[Row, ...]


def decide(consensus: Consensus, touched: Iterable[str], position: str, options: Iterable[str] = ()) -> Decision:
    """Read the table for one vertebra: the union of all rows that apply.

    Parameters
    ----------
    consensus
        The table.
    touched
        Sectors that the GTV touches.
    position
        One of `POSITIONS`.
    options
        Settings that switch on optional rows.
    """
    found, on = set(touched), set(options)
    rows = tuple(
        row
        for row in consensus.every_row()
        if found >= set(row.touches)
        and (not row.position or row.position == position)
        and (not row.option or row.option in on)
    )
    for row in rows:
        note(Citation(consensus.source.text, consensus.source.doi, row.place))
    added = {part for row in rows for part in row.adds}
    return Decision(tuple(part for part in PARTS if part in added), rows)

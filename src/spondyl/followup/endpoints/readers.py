"""What several readers make of one image: two agree, a third or a consensus decides, else it stays undetermined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from spondyl.followup.records import ImagingReading, PatientRecord

READERS = 2
"""Mitsuyoshi 2025 (10.1016/j.adro.2025.101760), endpoints: at least one radiologist and one radiation oncologist."""
CONSENSUS = "consensus"
UNDETERMINED = "undetermined"
_DETERMINED = ("controlled", "progression")


@dataclass(frozen=True)
class Examination:
    """One image and what its readers say together.

    Parameters
    ----------
    state
        "controlled", "progression" or "undetermined".
    why
        How the readers came to it.
    """

    on: date
    modality: str
    state: str
    why: str


def examinations(patient: PatientRecord, lesion_id: str, start: date, readers: int = READERS) -> list[Examination]:
    """Images of a lesion after `start`, by date.

    Parameters
    ----------
    readers
        How many readers must have read an image before it counts; 2 by default, 1 for a series read once.
    """
    grouped: dict[tuple[date, str], list[ImagingReading]] = {}
    for reading in patient.imaging:
        if reading.lesion_id == lesion_id and reading.on > start:
            grouped.setdefault((reading.on, reading.modality), []).append(reading)
    return [
        Examination(on, modality, *_state([(each.reader, each.spino) for each in read], readers))
        for (on, modality), read in sorted(grouped.items())
    ]


def _state(read: list[tuple[str, str]], readers: int) -> tuple[str, str]:
    word = agreed(read, readers)
    if word in _DETERMINED:
        return word, _told(read)
    if len(read) < readers and not any(is_consensus(reader) for reader, _ in read):
        return UNDETERMINED, f"{len(read)} of {readers} readers"
    return UNDETERMINED, f"readers do not agree: {_told(read)}"


def agreed(read: Sequence[tuple[str, str]], readers: int) -> str | None:
    """The word of a consensus, else the word of more than half of the readers, None where there is neither.

    Parameters
    ----------
    read
        (reader, word) of everyone who read the image.
    readers
        How many must have read it.

    Examples
    --------
    >>> agreed([("reader-1", "progression"), ("reader-2", "controlled")], 2) is None
    True
    >>> agreed([("reader-1", "progression"), ("reader-2", "controlled"), ("reader-3", "progression")], 2)
    'progression'
    >>> agreed([("reader-1", "progression"), ("reader-2", "controlled"), ("consensus", "controlled")], 2)
    'controlled'
    """
    settled = [word for reader, word in read if is_consensus(reader)]
    if settled:
        return settled[-1]
    if len(read) < readers:
        return None
    word, votes = Counter(word for _, word in read).most_common(1)[0]
    return word if 2 * votes > len(read) else None


def is_consensus(reader: str) -> bool:
    """Whether a reader is the consensus of all: named so."""
    return reader.casefold().startswith(CONSENSUS)


def _told(read: list[tuple[str, str]]) -> str:
    return ", ".join(f"{reader} {word}" for reader, word in read)

"""One family of errors: each message says object, got, expected, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SpondylError(Exception):
    """Refused input: the command line prints the message without a traceback and exits with code 2."""


class CaseError(SpondylError):
    """A case folder or its case.yaml is not what it should be."""


class GridError(SpondylError):
    """A voxel grid is not usable, or two grids that must agree do not."""


class ImageError(SpondylError):
    """An image holds values that cannot be what it claims to be."""


class DicomError(SpondylError):
    """A DICOM file or series cannot be used as it is."""


class StructureError(SpondylError):
    """A structure is missing, empty, or contradicts another."""


class StructureNotFoundError(StructureError, KeyError):
    """A structure of that name is not there; the nearest names are told."""

    __str__ = Exception.__str__


class VolumeError(SpondylError):
    """A target or avoidance volume cannot be drawn."""


class MaterialError(SpondylError):
    """A material is unknown or its composition does not add up."""


class MachineError(SpondylError):
    """A treatment machine file is incomplete or contradicts itself."""


class PhantomError(SpondylError):
    """A phantom file is not usable."""


class DoseError(SpondylError):
    """A dose cannot be computed or read."""


class DoseGridError(DoseError):
    """A dose grid does not fit the image or the structures."""


class ProtocolError(SpondylError):
    """A protocol, a goal or a metric is unknown or does not fit the plan."""


class EvidenceError(SpondylError):
    """The published outcomes have no such row, or cannot be pooled as asked."""


class PlanError(SpondylError):
    """A plan cannot be made from what was given."""


class StatisticsError(SpondylError):
    """Observations cannot be analysed as asked."""


class CohortError(SpondylError):
    """Records of followed patients cannot be read, or contradict each other."""


class StoreError(SpondylError):
    """A store of followed patients cannot be opened, read or written; nothing half written was left behind."""


class StoreConflictError(StoreError):
    """Somebody else changed a patient since it was read; nothing of the later change was written."""


class OutputError(SpondylError):
    """An output could not be written; nothing half written was left behind."""


def unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Why a text file could not be read, in words: "No such file or directory", or where it is not UTF-8."""
    return f"not UTF-8 text (byte {error.start})" if isinstance(error, UnicodeDecodeError) else error.strerror or "?"


def nearest(wanted: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Return the known names closest to `wanted`, best first, for "did you mean" in messages.

    >>> nearest("spinal_cort", ("spinal_cord", "spinal_canal", "GTV"))
    ('spinal_cord', 'spinal_canal')
    """
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(wanted.casefold(), list(by_folded), n=count, cutoff=0.5)
    return tuple(by_folded[name] for name in found)

"""DICOM in and out, NIfTI, case folder."""

from spondyl.io.bundled import BUNDLED_CASES, bundled_case

__all__ = ["BUNDLED_CASES", "bundled_case"]

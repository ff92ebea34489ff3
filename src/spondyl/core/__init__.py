"""Grid and affine, units, citations, provenance, errors: what every room may use."""

from spondyl.core.citations import Citation, cite, collecting, note
from spondyl.core.files import check_output, writing, writing_folder
from spondyl.core.grid import Box, Grid, covering
from spondyl.core.image import Image, trilinear
from spondyl.core.progress import Progress, silent
from spondyl.core.provenance import DISCLAIMER, Provenance, sha256_of
from spondyl.core.rigid import Rigid

__all__ = [
    "Box",
    "Citation",
    "DISCLAIMER",
    "Grid",
    "Image",
    "Progress",
    "Provenance",
    "Rigid",
    "check_output",
    "cite",
    "collecting",
    "covering",
    "note",
    "sha256_of",
    "silent",
    "trilinear",
    "writing",
    "writing_folder",
]

"""Vertebral levels, sectors, target volumes, cord and canal, margins, contours and masks, measures."""

from spondyl.anatomy.algebra import intersection, restrict_z, subtract, union
from spondyl.anatomy.case import Case
from spondyl.anatomy.contours import contours_to_structure
from spondyl.anatomy.crossing import joined_crossing
from spondyl.anatomy.distance import signed_distance_mm
from spondyl.anatomy.margins import expand, shrink
from spondyl.anatomy.outline import structure_to_contours
from spondyl.anatomy.pieces import Cells, Pieces, Points, contoured_pieces
from spondyl.anatomy.sampling import sample_points
from spondyl.anatomy.solid import CAPS, Cap
from spondyl.anatomy.structure import ROLES, Contour, Role, Structure, Structures, from_coverage

__all__ = ["ROLES", "Case", "Contour", "Role", "Structure", "Structures", "from_coverage"]
__all__ += [
    "CAPS",
    "Cap",
    "contours_to_structure",
    "expand",
    "intersection",
    "joined_crossing",
    "restrict_z",
    "sample_points",
    "shrink",
    "signed_distance_mm",
    "structure_to_contours",
    "subtract",
    "union",
]

from spondyl.anatomy.checks import check_sides, check_structures, overlap_cm3  # noqa: E402

__all__ += ["check_sides", "check_structures", "overlap_cm3"]

from spondyl.anatomy.names import tg263_name  # noqa: E402

__all__ += ["tg263_name"]

from spondyl.anatomy.consensus import CONSENSUSES  # noqa: E402
from spondyl.anatomy.foramen import foramen  # noqa: E402
from spondyl.anatomy.involvement import Involvement, certain_overlap_cm3, expected_overlap_cm3  # noqa: E402
from spondyl.anatomy.sectors import PARTS, SECTORS, Vertebra, cut_vertebra, divide_given  # noqa: E402
from spondyl.anatomy.targets import draw_volumes  # noqa: E402
from spondyl.anatomy.volumes import RuleUsed, Volumes, VolumeSettings  # noqa: E402

__all__ += [
    "CONSENSUSES",
    "Involvement",
    "PARTS",
    "RuleUsed",
    "SECTORS",
    "Vertebra",
    "VolumeSettings",
    "Volumes",
    "certain_overlap_cm3",
    "cut_vertebra",
    "divide_given",
    "draw_volumes",
    "expected_overlap_cm3",
    "foramen",
]

__all__ += ["Cells", "Pieces", "Points", "contoured_pieces"]

"""Vertebral levels, sectors, target volumes, cord and canal, margins, contours and masks, measures."""

from spondyl.anatomy.case import Case
from spondyl.anatomy.structure import ROLES, Contour, Role, Structure, Structures, from_coverage

__all__ = ["ROLES", "Case", "Contour", "Role", "Structure", "Structures", "from_coverage"]

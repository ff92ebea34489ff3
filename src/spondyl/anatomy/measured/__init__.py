"""Facts measured on CT and masks, each with its uncertainty, proposed for a person to confirm."""

from spondyl.anatomy.measured.heights import BodyHeights, HeightLoss
from spondyl.anatomy.measured.lesion_density import LesionDensity, Region
from spondyl.anatomy.measured.measure import Measurements, Spine, Tumour, measure
from spondyl.anatomy.measured.proposals import Proposal
from spondyl.anatomy.measured.propose import proposals_from, propose_facts
from spondyl.anatomy.measured.values import Known, Unknown

__all__ = [
    "BodyHeights",
    "HeightLoss",
    "Known",
    "LesionDensity",
    "Measurements",
    "Proposal",
    "Region",
    "Spine",
    "Tumour",
    "Unknown",
    "measure",
    "proposals_from",
    "propose_facts",
]

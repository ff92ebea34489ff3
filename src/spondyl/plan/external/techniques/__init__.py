"""The techniques of external beams, one file each: a technique is its file and one line here."""

from spondyl.core.errors import PlanError, nearest
from spondyl.plan.external.techniques.conformal import CONFORMAL
from spondyl.plan.external.techniques.imrt import IMRT
from spondyl.plan.external.techniques.open_beams import OPPOSED, POSTERIOR
from spondyl.plan.external.techniques.robotic import ROBOTIC
from spondyl.plan.external.techniques.sliding_window import SLIDING_WINDOW
from spondyl.plan.external.techniques.step_and_shoot import STEP_AND_SHOOT
from spondyl.plan.external.techniques.tomotherapy import TOMOTHERAPY
from spondyl.plan.external.techniques.vmat import VMAT
from spondyl.plan.job import Technique

TECHNIQUES: tuple[Technique, ...] = (
    IMRT, STEP_AND_SHOOT, SLIDING_WINDOW, CONFORMAL, OPPOSED, POSTERIOR, ROBOTIC, TOMOTHERAPY, VMAT
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(technique.name for technique in TECHNIQUES)

__all__ = ["NAMES", "TECHNIQUES", "find_technique"]


def find_technique(name: str) -> Technique:
    """The technique called `name`.

    Raises
    ------
    PlanError
        If there is none, with the nearest names.
    """
    for technique in TECHNIQUES:
        if technique.name == name:
            return technique
    near = ", ".join(nearest(name, NAMES) or NAMES)
    raise PlanError(f'technique "{name}" is unknown; nearest: {near}')

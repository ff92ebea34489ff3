"""Published frameworks, each a table that yields reasons for modalities."""

from collections.abc import Callable, Iterator

from spondyl.clinic.decide.frameworks.approach import approach
from spondyl.clinic.decide.frameworks.noms import noms
from spondyl.clinic.decide.frameworks.prognosis import tokuhashi_guidance, tomita_guidance
from spondyl.clinic.decide.frameworks.ryu_selection import ryu_selection
from spondyl.clinic.decide.frameworks.stability import sins_guidance
from spondyl.clinic.decide.options import Reason
from spondyl.clinic.decide.patient import Patient

FRAMEWORKS: tuple[Callable[[Patient], Iterator[tuple[str, Reason]]], ...] = (
    noms,
    ryu_selection,
    sins_guidance,
    tomita_guidance,
    tokuhashi_guidance,
    approach,
)

__all__ = ["FRAMEWORKS"]

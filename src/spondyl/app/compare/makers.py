"""What `spondyl compare` can plan by name: every technique of beams with every protocol that plans, and the needle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from spondyl.app.kypho_job import plan_kypho
from spondyl.app.kypho_output import write_kypho
from spondyl.app.plan_output import write_plan
from spondyl.app.workflow import plan_case
from spondyl.core import Progress
from spondyl.evaluate import load_protocol, protocol_names
from spondyl.plan import TECHNIQUES as BEAM_TECHNIQUES
from spondyl.plan import PlanSettings
from spondyl.plan.kypho.settings import KyphoSettings


@dataclass(frozen=True)
class Asked:
    """What a plan is made by, beside its technique: the GTV's name, and why a contraindicated needle is planned."""

    gtv: str = ""
    override: str = ""


Make = Callable[[Path, Path, Asked, Progress], None]
"""Plans a case folder into an output folder."""


def _beams() -> dict[str, tuple[str, str | None]]:
    """Technique and protocol by name: "vmat" by its own or the case's protocol, "conformal-20in5" by the one that ends
    so, and the names by which papers call two of them."""
    named: dict[str, tuple[str, str | None]] = {
        "sib-sbrt": ("imrt", "sib-sbrt-30in5"),
        "cebrt-8in1": ("opposed", "conventional-8in1"),
    }
    prescribing = [name for name in protocol_names() if load_protocol(name).wishlist]
    for technique in BEAM_TECHNIQUES:
        named[technique] = (technique, None)
        named |= {f"{technique}-{protocol.rsplit('-', 1)[-1]}": (technique, protocol) for protocol in prescribing}
    return named


BEAMS: dict[str, tuple[str, str | None]] = _beams()


def _plan_beams(
    case: Path, out: Path, asked: Asked, progress: Progress, *, technique: str, protocol: str | None
) -> None:
    settings = PlanSettings()
    planned = plan_case(
        case, technique=technique, protocol=protocol, gtv=asked.gtv, settings=settings, progress=progress
    )
    kept = {"technique": technique, "protocol": planned.plan.protocol, "gtv": asked.gtv, **asdict(settings)}
    write_plan(out, planned, kept, progress)


def _kypho_iort(case: Path, out: Path, asked: Asked, progress: Progress) -> None:
    settings = KyphoSettings()
    planned = plan_kypho(case, gtv=asked.gtv, override=asked.override, settings=settings, progress=progress)
    write_kypho(out, planned, {"technique": "kypho-iort", **asdict(asked), **asdict(settings)}, progress)


TECHNIQUES: dict[str, Make] = {
    "kypho-iort": _kypho_iort,
    **{name: partial(_plan_beams, technique=t, protocol=p) for name, (t, p) in BEAMS.items()},
}
"""What can be planned here by name."""
SHORT = (
    f"sib-sbrt, kypho-iort, cebrt-8in1; {', '.join(BEAM_TECHNIQUES)}, alone or with a prescription, as conformal-20in5"
)
"""The names in a line."""

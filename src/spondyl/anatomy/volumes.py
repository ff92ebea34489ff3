"""What drawing the volumes gives back, and the settings it follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from spondyl.anatomy.involvement import Involvement
from spondyl.anatomy.structure import Structures
from spondyl.core.citations import Citation
from spondyl.core.errors import VolumeError


@dataclass(frozen=True)
class VolumeSettings:
    """How volumes are drawn. Margins are those of Mitsuyoshi et al. 2025 (doi:10.1016/j.adro.2025.101760).

    Parameters
    ----------
    lateral_margin_mm, sup_inf_margin_mm
        CTV to PTV, 2 and 5 mm in the trial.
    ap_margin_mm
        CTV to PTV, antero-posterior: the trial gives none, 2 mm is assumed.
    cord_prv_mm
        Cord to SpinalCord_PRV02, 2 mm in the trial, in all directions.
    partial_cord_mm
        The partial cord reaches this far above and below the target (Ryu et al. 2007: 6 mm).
    partial_cord_target
        The volume it is counted from, "PTV_Eval", "PTV", "CTV" or "GTV". The paper speaks of the
        radiosurgery target volume.
    touch_cm3
        A sector counts as touched by the GTV from this overlap on. The consensus gives no threshold; 0.03 cm3 is
        what a border drawn 0.3 mm off on 1 cm2 amounts to.
    diffuse_fraction, lateral_share
        See `involvement.involvement_of`; the consensus gives no numbers.
    transverse_process_with_pedicle
        Tumour in the body alone, lateralised or diffuse: the consensus adds "pedicle/transverse process". True takes
        both (the transverse process with the articular pillar that joins it), False the pedicle only.
    pedicle_adds_body
        A pedicle without the body: whether the CTV takes the body too. The consensus leaves it open.
    rtog_b
        RTOG 0631, extensive body and pedicles: "both-elements" (the figure's solid line) or "margin" (its dotted line).
    rtog_b_margin_mm
        For "margin": the figure gives no number, so there is no default.
    sacrum_adjacent
        Uninvolved sacral sectors to add; None where nothing was said, which is refused.
    derive_canal
        Whether a missing canal may be computed from the vertebra's ring.
    clip_to_body
        Whether the PTV ends at the skin.
    """

    lateral_margin_mm: float = 2.0
    sup_inf_margin_mm: float = 5.0
    ap_margin_mm: float = 2.0
    cord_prv_mm: float = 2.0
    partial_cord_mm: float = 6.0
    partial_cord_target: str = "PTV_Eval"
    touch_cm3: float = 0.03
    diffuse_fraction: float = 0.5
    lateral_share: float = 0.8
    transverse_process_with_pedicle: bool = True
    pedicle_adds_body: bool = False
    rtog_b: str = "both-elements"
    rtog_b_margin_mm: float | None = None
    sacrum_adjacent: tuple[str, ...] | None = None
    derive_canal: bool = False
    clip_to_body: bool = True

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name.endswith("_mm") and value is not None and not 0 <= value <= 50:
                raise VolumeError(f"setting {entry.name} must lie between 0 and 50 mm, got {value}")
        if not 0 < self.touch_cm3 <= 10:
            raise VolumeError(f"setting touch_cm3 must be above 0 and at most 10 cm3, got {self.touch_cm3}")
        if not 0 < self.diffuse_fraction <= 1 or not 0.5 < self.lateral_share <= 1:
            raise VolumeError(
                f"settings diffuse_fraction must be above 0, lateral_share above 0.5, both at most 1; "
                f"got {self.diffuse_fraction} and {self.lateral_share}"
            )
        if self.partial_cord_target not in ("PTV_Eval", "PTV", "CTV", "GTV"):
            raise VolumeError(
                f'setting partial_cord_target must be PTV_Eval, PTV, CTV or GTV, got "{self.partial_cord_target}"'
            )
        if self.rtog_b not in ("both-elements", "margin"):
            raise VolumeError(f'setting rtog_b must be both-elements or margin, got "{self.rtog_b}"')
        if self.rtog_b == "margin" and self.rtog_b_margin_mm is None:
            raise VolumeError("setting rtog_b margin needs rtog_b_margin_mm: the figure of RTOG 0631 gives no number")


@dataclass(frozen=True)
class RuleUsed:
    """A row of the consensus that applied, with its level and source."""

    level: str
    row: str
    adds: tuple[str, ...]
    source: Citation


@dataclass(frozen=True)
class Volumes:
    """Drawn volumes: GTV, CTV, PTV, PTV_Eval, cord, PRV, canal, sac, and what else the case holds.

    Parameters
    ----------
    structures
        Each tells in `made` how it came about.
    consensus
        Name of the guideline.
    involvements
        One for each vertebra that the GTV touches.
    rules
        Rows of the guideline that applied.
    assumptions
        What was assumed and the report must say.
    measures
        Numbers by name, with the unit at the end of the name.
    settings
        Followed.
    citations
        Of what was done.
    """

    structures: Structures
    consensus: str
    involvements: tuple[Involvement, ...] = ()
    rules: tuple[RuleUsed, ...] = ()
    assumptions: tuple[str, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict[str, float])
    settings: VolumeSettings = VolumeSettings()
    citations: tuple[Citation, ...] = ()

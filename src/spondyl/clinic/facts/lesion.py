"""The lesion: pain, neurological state, and the vertebra that holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from spondyl.clinic.facts.base import Closed, Levels, NotNegative, Percent, Text, word

Frankel = Literal["A", "B", "C", "D", "E"]


def _grade(value: Any) -> Any:
    """An ESCC grade without its quotes, as YAML gives a bare 0, 2 or 3; letters in either case."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip().casefold() if isinstance(value, str) else value


Escc = Annotated[Literal["0", "1a", "1b", "1c", "2", "3"], BeforeValidator(_grade)]
Side = Annotated[Literal["none", "unilateral", "bilateral"], word("none", "unilateral", "bilateral")]
BoneLesion = Annotated[
    Literal["lytic", "mixed", "blastic"],
    word("lytic", "mixed", "blastic", synonyms={"osteolytic": "lytic", "osteoblastic": "blastic"}),
]
Alignment = Annotated[
    Literal["normal", "de novo deformity", "subluxation or translation"],
    word(
        "normal",
        "de novo deformity",
        "subluxation or translation",
        synonyms={
            "kyphosis": "de novo deformity",
            "scoliosis": "de novo deformity",
            "kyphosis/scoliosis": "de novo deformity",
            "kyphosis or scoliosis": "de novo deformity",
            "deformity": "de novo deformity",
            "de novo deformity (kyphosis/scoliosis)": "de novo deformity",
            "subluxation": "subluxation or translation",
            "translation": "subluxation or translation",
            "subluxation/translation": "subluxation or translation",
        },
    ),
]
Sphincter = Annotated[
    Literal["normal", "disturbed", "incontinent"],
    word(
        "normal",
        "disturbed",
        "incontinent",
        synonyms={"continent": "normal", "intact": "normal", "retention": "disturbed", "incontinence": "incontinent"},
    ),
]
Ambulation = Annotated[
    Literal["independent", "with aid", "not ambulatory"],
    word(
        "independent",
        "with aid",
        "not ambulatory",
        synonyms={"normal": "independent", "non-ambulatory": "not ambulatory", "aided": "with aid"},
    ),
]
Progression = Annotated[
    Literal["none", "slow", "rapid"], word("none", "slow", "rapid", synonyms={"stable": "none", "gradual": "slow"})
]


def _power(value: Any) -> Any:
    """Muscle power as 0 to 5 or "4/5"; "4+/5" and "4-/5" count as 4."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([0-5])\s*[+-]?\s*(?:/\s*5)?\s*", value)
        if not found:
            raise ValueError('expected muscle power 0 to 5 of the Medical Research Council, for example "4/5"')
        return int(found.group(1))
    return value


Power = Annotated[int, BeforeValidator(_power), Field(ge=0, le=5)]


class Pain(Closed):
    """Pain at the lesion."""

    present: bool | None = None
    """Any pain at the lesion."""
    mechanical: bool | None = None
    """Relieved by lying down, or provoked by movement or loading."""
    radicular: bool | None = None
    """Pain in the distribution of a nerve root."""
    severe: bool | None = None
    """Severe by the clinician's judgement."""
    refractory: bool | None = None
    """Not relieved by adequate analgesia or radiotherapy."""
    vas_0_10: Annotated[float, Field(ge=0, le=10)] | None = None
    """Worst pain on a visual analogue scale."""
    opioid_omed_mg_per_day: NotNegative | None = None
    """Daily oral morphine equivalent dose."""
    worse_with: Text | None = None
    """What makes it worse, in words."""

    @property
    def felt(self) -> bool | None:
        """Whether there is pain: as said, or as any kind or measure of it says."""
        if self.present is None and (
            self.mechanical or self.radicular or self.severe or self.refractory or self.vas_0_10
        ):
            return True
        return self.present


class Neurology(Closed):
    """Neurological state."""

    frankel: Frankel | None = None
    """A complete, B sensation only, C motor of no use, D walks, E normal."""
    asia: Frankel | None = None
    """ASIA impairment scale."""
    ryu_neurological_grade: Literal["a", "b", "c", "d", "e"] | None = None
    """a none, b minor, c functional paresis, d non-functional paresis, e paralysis or incontinence."""
    motor_power_mrc: Annotated[Mapping[str, Power], Field(strict=False)] | None = None
    """Power by movement, for example {hip_flexion: "4/5"}."""
    lower_limb_power_mrc: Power | None = None
    """Weakest key muscle of the legs, 0 to 5."""
    upper_limb_power_mrc: Power | None = None
    """Weakest key muscle of the arms, 0 to 5."""
    myelopathy: bool | None = None
    """Signs of cord compression at examination."""
    radiculopathy: bool | None = None
    """Signs or symptoms of a nerve root."""
    sensory: Text | None = None
    """Sensory findings, in words."""
    sensory_change: bool | None = None
    """Any loss or change of sensation from the lesion."""
    sphincter: Sphincter | None = None
    """Bladder and bowel."""
    ambulatory: bool | None = None
    """Walks, with or without an aid."""
    ambulation: Ambulation | None = None
    """How the patient walks."""
    deficit_progression: Progression | None = None
    """How fast a motor deficit is getting worse."""
    days_since_motor_deficit: NotNegative | None = None
    """Days since the motor deficit began."""


class Epidural(Closed):
    """What axial MR shows at the level of greatest epidural extent."""

    tumour_in_epidural_space: bool | None = None
    """Tumour in the epidural space."""
    thecal_sac_deformed: bool | None = None
    """Thecal sac indented, compressed or displaced."""
    cord_abutted: bool | None = None
    """Tumour touches the cord."""
    cord_compressed: bool | None = None
    """Cord displaced or deformed."""
    csf_visible: bool | None = None
    """Cerebrospinal fluid seen around the cord at that level."""
    circumferential: bool | None = None
    """Tumour around the whole circumference of the sac."""
    at_cauda_equina: bool | None = None
    """The level lies below the conus: there is no cord to compress."""
    canal_compromise_percent: Percent | None = None
    """Share of the canal's area that the tumour holds."""


class WeinsteinBorianiBiagini(Closed):
    """Extent by Weinstein, Boriani and Biagini: clock-face zones 1-12 and layers A-E."""

    zones: Annotated[tuple[Annotated[int, Field(ge=1, le=12)], ...], Field(strict=False)] | None = None
    """Zones 1 to 12, clockwise."""
    layers: Annotated[tuple[Literal["A", "B", "C", "D", "E"], ...], Field(strict=False)] | None = None
    """A soft tissue, B and C bone, D extradural, E intradural."""


class Lesion(Closed):
    """The metastasis and the vertebra that holds it."""

    levels: Levels | None = None
    """Levels of this lesion."""
    bone_lesion_type: BoneLesion | None = None
    """On CT or radiographs."""
    alignment: Alignment | None = None
    """Radiographic alignment: normal, de novo deformity, or subluxation or translation."""
    collapse_percent: Percent | None = None
    """Loss of vertebral body height."""
    body_involvement_percent: Percent | None = None
    """Share of the vertebral body that holds tumour."""
    posterolateral_involvement: Side | None = None
    """Facet, pedicle or costovertebral joint fractured or replaced by tumour."""
    posterolateral_left: bool | None = None
    """The left side alone, where the sides are known."""
    posterolateral_right: bool | None = None
    """The right side alone, where the sides are known."""
    posterior_wall_involved: bool | None = None
    """Posterior wall of the vertebral body destroyed or held by tumour."""
    posterior_elements_involved: bool | None = None
    """Lamina, facets or spinous process hold tumour."""
    fracture: bool | None = None
    """Pathological fracture at the level."""
    fracture_recent: bool | None = None
    """Fracture of the last weeks, by the clinician's judgement."""
    fracture_displaced: bool | None = None
    """Significantly displaced fracture."""
    kyphosis_needs_reconstruction: bool | None = None
    """Kyphosis that needs the anterior column rebuilt."""
    anterior_middle_column_damage_severe: bool | None = None
    """Anterior and middle columns severely damaged."""
    bilsky_escc: Escc | None = None
    """Grade of epidural spinal cord compression, where a reader has given it."""
    epidural: Epidural = Epidural()
    paraspinal_mass: bool | None = None
    """Tumour beside the vertebra."""
    anterior_paravertebral_extension: bool | None = None
    """Tumour in front of the vertebra."""
    soft_tissue_component_large: bool | None = None
    """Large soft tissue component, by the clinician's judgement."""
    target_length_mm: NotNegative | None = None
    """Craniocaudal length of the target."""
    well_defined: bool | None = None
    """Small and well defined on imaging."""
    very_large: bool | None = None
    """Too large for one ablation, by the operator's judgement."""
    needle_path_safe: bool | None = None
    """A needle reaches the lesion without danger to nerves or vessels."""
    adjacent_structures_protectable: bool | None = None
    """Nerves and organs beside the lesion can be displaced, cooled or monitored."""
    near_heat_sink: bool | None = None
    """Vessel or CSF that carries heat away."""
    benign_haemangioma: bool | None = None
    """A benign haemangioma, not a metastasis."""
    wbb: WeinsteinBorianiBiagini = WeinsteinBorianiBiagini()

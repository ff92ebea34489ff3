"""What is known of patient and lesion. A missing item is None: unknown stays unknown.

The models are closed: a key they do not know is refused with the nearest key they do, since a misspelt
fact would otherwise be an unknown one without anybody noticing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from spondyl.core.errors import CaseError, nearest

LEVELS: tuple[str, ...] = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 6)),
)
"""Vertebral levels from cranial to caudal; transitional ones (T13, L6) must be counted as one of these."""


def _known_level(value: str) -> str:
    if value not in LEVELS:
        near = ", ".join(nearest(value, LEVELS)) or "L3"
        raise ValueError(f"expected a vertebral level C1-C7, T1-T12, L1-L5 or S1-S5, nearest: {near}")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("expected a text; leave the key out where it is not known")
    return value


Level = Annotated[str, AfterValidator(_known_level)]
Text = Annotated[str, AfterValidator(_not_blank)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]
Levels = Annotated[tuple[Level, ...], Field(strict=False)]
Percent = Annotated[float, Field(ge=0, le=100)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class ThreeHeights(_Closed):
    """A quantity at the anterior, middle and posterior third of a vertebral body."""

    anterior: float | None = None
    middle: float | None = None
    middle_minimum: float | None = None
    posterior: float | None = None


class Measured(_Closed):
    """What was measured on images and masks."""

    level: Level | None = None
    gtv_volume_cm3: NotNegative | None = None
    vertebra_volume_cm3: NotNegative | None = None
    vertebral_body_volume_cm3: NotNegative | None = None
    gtv_fraction_of_vertebral_body: Annotated[float, Field(ge=0, le=1)] | None = None
    gtv_epidural_volume_cm3: NotNegative | None = None
    gtv_min_distance_to_cord_mm: NotNegative | None = None
    gtv_min_distance_to_thecal_sac_mm: NotNegative | None = None
    isrc_sectors_involved: Texts | None = None
    heights_mm: Annotated[Mapping[Level, ThreeHeights], Field(strict=False)] | None = None
    collapse_percent_vs_mean: Annotated[Mapping[str, ThreeHeights], Field(strict=False)] | None = None
    """By the reference levels, for example "T10_T12"; case.yaml writes `collapse_percent_vs_mean_T10_T12`."""
    collapse_uncertainty_percentage_points: NotNegative | None = None

    @model_validator(mode="before")
    @classmethod
    def _gather_collapse(cls, data: Any) -> Any:
        """`collapse_percent_vs_mean_T10_T12: {...}` becomes `collapse_percent_vs_mean: {T10_T12: {...}}`."""
        if not isinstance(data, Mapping):
            return data
        kept: dict[Any, Any] = {}
        by_levels: dict[str, Any] = {}
        for key, value in cast(Mapping[Any, Any], data).items():
            found = _COLLAPSE.fullmatch(key) if isinstance(key, str) else None
            if found and all(level in LEVELS for level in found.groups()):
                by_levels["_".join(found.groups())] = value
            else:
                kept[key] = value
        return {**kept, "collapse_percent_vs_mean": by_levels} if by_levels else kept


_COLLAPSE = re.compile(r"collapse_percent_vs_mean_([CTLS]\d{1,2})_([CTLS]\d{1,2})")


class Pain(_Closed):
    """Pain at the lesion."""

    present: bool | None = None
    mechanical: bool | None = None
    vas_0_10: Annotated[float, Field(ge=0, le=10)] | None = None
    worse_with: Text | None = None


class Neurology(_Closed):
    """Neurological state."""

    frankel: Literal["A", "B", "C", "D", "E"] | None = None
    ryu_neurological_grade: Literal["a", "b", "c", "d", "e"] | None = None
    motor_power_mrc: Annotated[Mapping[str, Text], Field(strict=False)] | None = None
    sensory: Text | None = None
    sphincter: Text | None = None


class Lesion(_Closed):
    """The metastasis and the vertebra that holds it."""

    levels: Levels | None = None
    bone_lesion_type: Literal["lytic", "mixed", "blastic"] | None = None
    alignment: Text | None = None
    collapse_percent: Percent | None = None
    body_involvement_percent: Percent | None = None
    posterolateral_involvement: Literal["none", "unilateral", "bilateral"] | None = None
    bilsky_escc: Literal["0", "1a", "1b", "1c", "2", "3"] | None = None
    paraspinal_mass: bool | None = None


class Systemic(_Closed):
    """Disease elsewhere and what can still be done about it."""

    visceral_metastases: Count | None = None
    extraspinal_bone_metastases: Count | None = None
    other_spinal_metastases: Count | None = None
    brain_metastases: Count | None = None
    disease_status: Text | None = None
    options: Texts | None = None


class PriorRadiotherapy(_Closed):
    """Radiation the patient had before."""

    to_this_level: bool | None = None
    to_cord: bool | None = None
    other: Text | None = None


class Clinical(_Closed):
    """What history and examination say."""

    age_years: Annotated[float, Field(ge=0, le=130)] | None = None
    sex: Literal["female", "male", "other"] | None = None
    primary_histology: Text | None = None
    kps: Annotated[int, Field(ge=0, le=100, multiple_of=10)] | None = None
    ecog: Annotated[int, Field(ge=0, le=5)] | None = None
    life_expectancy_months_estimate: NotNegative | None = None
    pain: Pain = Pain()
    neurology: Neurology = Neurology()
    lesion: Lesion = Lesion()
    systemic: Systemic = Systemic()
    prior_radiotherapy: PriorRadiotherapy = PriorRadiotherapy()
    steroids_mg_dexamethasone_per_day: NotNegative | None = None
    anticoagulation: Text | None = None


class Facts(_Closed):
    """Everything case.yaml can say of a case.

    Level and histology may stand at the top or where they were measured or taken; `level` and `histology`
    give them from either place. Two places that disagree are refused.
    """

    case_id: Text | None = None
    synthetic_clinical_data: bool | None = None
    invented: bool | None = None
    stated_level: Annotated[Level | None, Field(alias="level")] = None
    stated_histology: Annotated[Text | None, Field(alias="histology")] = None
    prescription: Text | None = None
    """Name of a protocol, for example "sib-sbrt-30in5"."""
    measured: Measured = Measured()
    clinical: Clinical = Clinical()

    @property
    def level(self) -> str | None:
        """The level to treat, None where case.yaml does not say or lists several levels only."""
        lesion = self.clinical.lesion.levels or ()
        return self.stated_level or self.measured.level or (lesion[0] if len(lesion) == 1 else None)

    @property
    def histology(self) -> str | None:
        """Histology of the primary tumour."""
        return self.stated_histology or self.clinical.primary_histology

    @model_validator(mode="after")
    def _agree(self) -> Facts:
        levels = self.clinical.lesion.levels
        _same("level", self.stated_level, "measured.level", self.measured.level)
        if levels and self.level not in (None, *levels):
            raise ValueError(
                f'level "{self.level}" is not among clinical.lesion.levels ({", ".join(levels)}); correct one'
            )
        _same("histology", self.stated_histology, "clinical.primary_histology", self.clinical.primary_histology)
        return self


def _same(name: str, value: str | None, other_name: str, other: str | None) -> None:
    if value is not None and other is not None and value.strip().casefold() != other.strip().casefold():
        raise ValueError(f'{name} "{value}" contradicts {other_name} "{other}"; correct or remove one')


def read_facts(data: Mapping[str, Any], source: str = "case.yaml") -> Facts:
    """Validate the content of a case.yaml.

    Parameters
    ----------
    data
        Keys and values as YAML gives them.
    source
        The file, for messages.

    Raises
    ------
    CaseError
        If a key is unknown (the nearest known ones are named), a value is not of its kind or range, or two
        values contradict each other. All faults are in the one message.

    Examples
    --------
    >>> read_facts({"measured": {"level": "L3"}}).level
    'L3'
    >>> read_facts({"levle": "L3"})
    Traceback (most recent call last):
    spondyl.core.errors.CaseError: case.yaml: "levle" is not a known key; nearest: level
    """
    try:
        return Facts.model_validate(_without_none(data))
    except ValidationError as error:
        faults = [_say(dict(fault)) for fault in error.errors(include_url=False)]
    raise CaseError(f"{source}: " + "; ".join(dict.fromkeys(faults)))


def _without_none(value: Any) -> Any:
    """`value` without keys that hold nothing: an empty key in YAML means unknown."""
    if not isinstance(value, Mapping):
        return value
    table = cast(Mapping[Any, Any], value)
    return {key: _without_none(inner) for key, inner in table.items() if inner is not None}


def _say(fault: Mapping[str, Any]) -> str:
    where = [str(part) for part in fault["loc"]]
    path = ".".join(where)
    if fault["type"] == "extra_forbidden":
        return f'"{path}" is not a known key; nearest: {", ".join(_nearest_keys(where))}'
    if fault["type"] == "value_error":
        message = str(fault["msg"]).removeprefix("Value error, ")
        return f'{path} is "{fault["input"]}", {message}' if path else message
    got = (
        fault["input"]
        if isinstance(fault["input"], (str, int, float, bool, type(None)))
        else type(fault["input"]).__name__
    )
    return f"{path} is {got!r}: {str(fault['msg'])[:1].lower()}{str(fault['msg'])[1:]}"


def _nearest_keys(where: list[str]) -> tuple[str, ...]:
    """Known keys most like the last of `where`: first those of the same table, then anywhere in the file."""
    *table, key = where
    siblings = dict(_keys(_model_at(table), depth=1))
    found = nearest(key, siblings)
    if found:
        return tuple(".".join([*table, name]) for name in found)
    everywhere = {path.rsplit(".", 1)[-1]: path for path, _ in _keys(Facts)}
    return tuple(everywhere[name] for name in nearest(key, everywhere)) or tuple(siblings)


def _model_at(table: list[str]) -> type[BaseModel]:
    found = dict(_keys(Facts)).get(".".join(table))
    return found if found is not None else Facts


def _keys(model: type[BaseModel], prefix: str = "", depth: int = 9) -> Iterator[tuple[str, type[BaseModel] | None]]:
    """Every key path below `model`, with the model that it holds if it is a table."""
    for name, info in model.model_fields.items():
        path = prefix + (info.alias or name)
        inner = type(info.default) if isinstance(info.default, BaseModel) else None
        yield path, inner
        if inner is not None and depth > 1:
            yield from _keys(inner, f"{path}.", depth - 1)

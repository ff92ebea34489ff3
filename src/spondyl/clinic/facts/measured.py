"""What was measured on images and masks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import Field, model_validator

from spondyl.clinic.facts.base import LEVELS, Closed, Level, NotNegative, Texts


class ThreeHeights(Closed):
    """A quantity at the anterior, middle and posterior third of a vertebral body."""

    anterior: float | None = None
    """Anterior third."""
    middle: float | None = None
    """Middle third."""
    middle_minimum: float | None = None
    """Smallest value of the middle third."""
    posterior: float | None = None
    """Posterior third."""


class Measured(Closed):
    """What was measured on images and masks."""

    level: Level | None = None
    """Level the measurements were made at."""
    gtv_volume_cm3: NotNegative | None = None
    """Gross tumour volume."""
    vertebra_volume_cm3: NotNegative | None = None
    """Whole vertebra."""
    vertebral_body_volume_cm3: NotNegative | None = None
    """Vertebral body."""
    gtv_fraction_of_vertebral_body: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of the vertebral body that the GTV holds, 0 to 1."""
    gtv_epidural_volume_cm3: NotNegative | None = None
    """Volume of the GTV inside the spinal canal."""
    gtv_min_distance_to_cord_mm: NotNegative | None = None
    """Smallest distance from GTV to cord."""
    gtv_min_distance_to_thecal_sac_mm: NotNegative | None = None
    """Smallest distance from GTV to thecal sac."""
    isrc_sectors_involved: Texts | None = None
    """Sectors of the International Spine Radiosurgery Consortium that the GTV touches."""
    heights_mm: Annotated[Mapping[Level, ThreeHeights], Field(strict=False)] | None = None
    """Heights of the vertebral bodies, by level."""
    collapse_percent_vs_mean: Annotated[Mapping[str, ThreeHeights], Field(strict=False)] | None = None
    """By the reference levels, for example "T10_T12"; case.yaml writes `collapse_percent_vs_mean_T10_T12`."""
    collapse_uncertainty_percentage_points: NotNegative | None = None
    """Uncertainty of the measured collapse."""

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

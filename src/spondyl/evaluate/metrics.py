"""What a protocol asks of a DVH, by name: `Dmean`, `D98%`, `D0.03cc`, `V10Gy`, `V10Gy_cc`, `CV8.4Gy_cc`, `volume`.

`Dx%` and `Dxcc` are the lowest dose in the hottest x % or x cm3 of the structure (ICRU Report 83, 2010, section
3.4); `VxGy` is the part that gets at least x Gy in %, `VxGy_cc` in cm3; `CVxGy_cc`, the critical volume of
AAPM TG-101, is the volume in cm3 that stays below x Gy.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from spondyl.core.errors import ProtocolError
from spondyl.evaluate.dvh import DVH

Kind = Literal["Dmean", "Dmax", "Dmin", "D%", "Dcc", "V%", "Vcc", "CVcc", "volume"]
KNOWN = 1e-3  # bounds this close, relative or in Gy, % or cm3, are a value
EXAMPLES = "Dmean, Dmax, Dmin, D98%, D0.03cc, V10Gy, V10Gy_cc, CV8.4Gy_cc, volume"

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_CC = r"(?:cc|cm3|cm\^3|cm³|ml)"
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("Dmean", re.compile(r"d?mean(?:dose|gy)?")),
    ("Dmax", re.compile(r"d?max(?:imum)?(?:dose|gy)?")),
    ("Dmin", re.compile(r"d?min(?:imum)?(?:dose|gy)?")),
    ("volume", re.compile(rf"vol(?:ume)?{_CC}?")),
    ("Dcc", re.compile(rf"d{_NUMBER}{_CC}(?:gy)?")),
    ("D%", re.compile(rf"d{_NUMBER}%?(?:gy)?")),
    ("CVcc", re.compile(rf"cv{_NUMBER}gy{_CC}?")),
    ("Vcc", re.compile(rf"v{_NUMBER}gy{_CC}")),
    ("V%", re.compile(rf"v{_NUMBER}gy%?")),
)
_NAMES: dict[Kind, str] = {
    "D%": "D{}%", "Dcc": "D{}cc", "V%": "V{}Gy", "Vcc": "V{}Gy_cc", "CVcc": "CV{}Gy_cc",
}  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """A parsed metric: its kind, and the percent, cm3 or Gy that it asks about."""

    kind: Kind
    argument: float = math.nan

    @property
    def name(self) -> str:
        """Canonical name, for example "D0.03cc"."""
        return _NAMES[self.kind].format(f"{self.argument:.10g}") if self.kind in _NAMES else self.kind

    @property
    def unit(self) -> str:
        """Gy, % or cm3."""
        if self.kind == "V%":
            return "%"
        return "cm3" if self.kind in ("Vcc", "CVcc", "volume") else "Gy"


@dataclass(frozen=True)
class MetricValue:
    """A metric of one structure.

    `value` is None where it cannot be known: a part of the structure has no dose, or the structure is smaller than
    the volume asked. Then `low` and `high` are what it is at least and at most, and `reason` says why.
    """

    structure: str
    metric: str
    value: float | None
    unit: str
    low: float
    high: float
    reason: str = ""


def parse_metric(text: str) -> Metric:
    """Read a metric's name, in any case, with or without blanks, brackets and underscores.

    Raises
    ------
    ProtocolError
        If it is none that spondyl knows.

    Examples
    --------
    >>> [parse_metric(t).name for t in ("d 0.03 cm3", "D98", "v10gy [cc]", "V10 Gy", "max", "CV8.4Gy_cc")]
    ['D0.03cc', 'D98%', 'V10Gy_cc', 'V10Gy', 'Dmax', 'CV8.4Gy_cc']
    """
    folded = re.sub(r"[\s_()\[\]{}]", "", text.casefold())
    for kind, pattern in _PATTERNS:
        match = pattern.fullmatch(folded)
        if match is None:
            continue
        if not match.groups():
            return Metric(kind)
        argument = float(match.group(1))
        if kind == "D%" and argument > 100:
            raise ProtocolError(f'metric "{text}" asks for {argument:g} % of a structure, expected 0 to 100 %')
        return Metric(kind, argument)
    if re.fullmatch(rf"v{_NUMBER}(%|{_CC})?", folded):
        raise ProtocolError(f'metric "{text}" does not say how many Gy, expected one like V10Gy (%) or V10Gy_cc (cm3)')
    raise ProtocolError(f'metric "{text}" is not known, expected one like {EXAMPLES}')


def metric(curve: DVH, text: str | Metric) -> MetricValue:
    """The value of a metric on a DVH.

    Where a part of the structure lies off the dose grid, that part is taken to get something between nothing and the
    highest dose at which the structure leaves the grid (`DVH.edge_gy`): what depends on it more than that has bounds
    in place of a value. A structure smaller than the cm3 asked for has no such dose: it is given as unknown between
    its minimum and maximum, so that a limit is only met where every reading of it is.

    Raises
    ------
    ProtocolError
        If the metric is not known.
    """
    asked = parse_metric(text) if isinstance(text, str) else text
    low, high = _bounds(curve, asked)
    too_small = asked.kind == "Dcc" and asked.argument > curve.total_cm3 * (1 + 1e-9)
    known = not too_small and high - low <= KNOWN * max(1.0, abs(low))
    reason = "" if known else _reason(curve, asked, too_small)
    return MetricValue(curve.structure, asked.name, (low + high) / 2 if known else None, asked.unit, low, high, reason)


def _reason(curve: DVH, asked: Metric, too_small: bool) -> str:
    if too_small:
        return f"{curve.structure} is {curve.total_cm3:.3g} cm3, smaller than the {asked.argument:g} cm3 asked"
    share = f"{100 * (1 - curve.covered_fraction):.3g} %"
    return (
        f"{share} of {curve.structure} lies outside the dose grid; a larger one tells (spondyl plan --dose-beyond-mm)"
    )


def _bounds(curve: DVH, asked: Metric) -> tuple[float, float]:
    """What the metric is at least and at most; equal where it is known."""
    missing = 0.0 if curve.is_whole else curve.total_cm3 - curve.covered_cm3
    edge = curve.edge_gy if missing else -math.inf
    match asked.kind:
        case "volume":
            return curve.total_cm3, curve.total_cm3
        case "Dmean":
            known = curve.mean_gy * (curve.total_cm3 - missing) / curve.total_cm3
            return known, known + (edge * missing / curve.total_cm3 if missing else 0.0)
        case "Dmax":
            return curve.max_gy, max(curve.max_gy, edge)
        case "Dmin":
            return (0.0 if missing else curve.min_gy), curve.min_gy
        case "D%":
            return _hottest_bounds(curve, asked.argument / 100 * curve.total_cm3, edge)
        case "Dcc":
            return _hottest_bounds(curve, asked.argument, edge)
        case "V%" | "Vcc":
            at_least = curve.volume_at_least_cm3(asked.argument)
            scale = 100 / curve.total_cm3 if asked.kind == "V%" else 1.0
            return at_least * scale, (at_least + (missing if edge >= asked.argument else 0.0)) * scale
        case "CVcc":
            below = curve.covered_cm3 - curve.volume_at_least_cm3(asked.argument)
            return below + (missing if edge < asked.argument else 0.0), below + missing


def _hottest_bounds(curve: DVH, volume_cm3: float, edge_gy: float) -> tuple[float, float]:
    """Lowest dose in the hottest volume: at least as if the missing part had none, at most as if it had `edge_gy`."""
    covered, total = curve.covered_cm3, curve.total_cm3
    low_end = curve.min_gy if curve.is_whole else 0.0
    if volume_cm3 > total * (1 + 1e-9):
        return low_end, max(curve.max_gy, edge_gy)
    low = curve.dose_to_hottest_gy(min(volume_cm3, covered)) if curve.is_whole or volume_cm3 <= covered else 0.0
    if curve.is_whole or low >= edge_gy:
        return low, low
    rest = volume_cm3 - (total - covered)
    high = curve.dose_to_hottest_gy(min(rest, covered)) if rest > 0 else math.inf
    return low, max(low, min(edge_gy, high)) if math.isfinite(edge_gy) else max(low, high)

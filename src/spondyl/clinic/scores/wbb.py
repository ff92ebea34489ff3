"""Weinstein, Boriani and Biagini's extent: 12 zones of the clock face and 5 layers. A description, not a score."""

from __future__ import annotations

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores.score import Band, ItemScore, Score
from spondyl.core.citations import Citation, note

LAYERS = {
    "A": "extraosseous soft tissue",
    "B": "intraosseous, superficial",
    "C": "intraosseous, deep",
    "D": "extraosseous, extradural",
    "E": "intradural",
}
ZONES = 12
CITATION = Citation("Boriani 1997, Spine 22:1036-1044", place="zones and layers")
STATUS = "confirmed_in_seed"
CAVEATS = (
    "Layers are confirmed; the number and order of the zones are recalled.",
    "Which zones allow which operation differs from source to source and is not coded.",
)


def wbb(facts: Facts) -> Score:
    """The stated zones and layers, in order, with what each layer is.

    >>> from spondyl.clinic.facts import read_facts
    >>> stated = {"zones": [8, 4, 5], "layers": ["C", "B"]}
    >>> score = wbb(read_facts({"clinical": {"lesion": {"wbb": stated}}}))
    >>> score.total, [band.meaning for band in score.bands]
    ('zones 4, 5, 8; layers B, C', ['intraosseous, superficial', 'intraosseous, deep'])
    """
    note(CITATION)
    stated = facts.clinical.lesion.wbb
    zones = None if stated.zones is None else [str(zone) for zone in sorted(set(stated.zones))]
    layers = None if stated.layers is None else [layer for layer in LAYERS if layer in stated.layers]
    items = (
        _item("zones", zones, [str(zone + 1) for zone in range(ZONES)], "unconfirmed"),
        _item("layers", layers, list(LAYERS), STATUS),
    )
    low, high = _told(zones, layers, "?"), _told(zones, layers, None)
    bands = tuple(
        Band(place, place, letter, LAYERS[letter])
        for place, letter in enumerate(LAYERS)
        if layers is None or letter in layers
    )
    return Score("wbb", "Weinstein-Boriani-Biagini extent", items, low, high, bands, CITATION, STATUS, CAVEATS)


def _item(name: str, stated: list[str] | None, every: list[str], status: str) -> ItemScore:
    if stated is None:
        needs = (f"clinical.lesion.wbb.{name}",)
        return ItemScore(name, tuple(every), 0, len(every), "", needs, "", status, graded=True)
    told = ", ".join(stated) or "none"
    return ItemScore(name, (told,), len(stated), len(stated), told, (), "", status, graded=True)


def _told(zones: list[str] | None, layers: list[str] | None, unknown: str | None) -> str:
    shown_zones = (unknown or f"1 to {ZONES}") if zones is None else ", ".join(zones) or "none"
    shown_layers = (unknown or "A to E") if layers is None else ", ".join(layers) or "none"
    return f"zones {shown_zones}; layers {shown_layers}"

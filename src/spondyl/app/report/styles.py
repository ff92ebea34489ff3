"""Fixed colours and line styles: a structure looks the same in planes, DVH and table, in colour and in grey.

The hues follow the report's design (GTV red-orange, CTV orange dashed, PTV_Eval blue, cord green, PRV green
dashed, canal and thecal sac teal); organs take muted colours that survive colour-blind eyes by lightness and by
dash. Isodoses have one sequential map, violet to near white, a hue that no structure uses.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from spondyl.anatomy import Role

SOLID, DASHED, DOTTED, DASH_DOT = "", "5 2.5", "1.2 1.8", "6 2 1.2 2"


@dataclass(frozen=True)
class LineStyle:
    """A stroke: colour "#rrggbb", SVG dash pattern in line-scaled units, and whether planes show it at first."""

    colour: str
    dash: str = SOLID
    shown: bool = True


_KNOWN: tuple[tuple[tuple[str, ...], LineStyle], ...] = (
    (("gtvtissue",), LineStyle("#e8431f", DOTTED, shown=False)),
    (("gtv",), LineStyle("#e8431f")),
    (("ctv",), LineStyle("#f5921b", DASHED)),
    (("ptveval",), LineStyle("#2b7de9")),
    (("ptv",), LineStyle("#7fb2f0", DOTTED, shown=False)),
    (("spinalcordpartial", "partialcord", "cordpartial"), LineStyle("#2aa84a", DOTTED, shown=False)),
    (("spinalcordprv", "cordprv", "prvcord"), LineStyle("#2aa84a", DASHED)),
    (("spinalcord", "cord"), LineStyle("#2aa84a")),
    (("thecalsacprv",), LineStyle("#17a2a2", DASHED)),
    (("thecalsac", "caudaequina"), LineStyle("#17a2a2")),
    (("spinalcanal", "canal"), LineStyle("#17a2a2", DOTTED)),
    (("needle",), LineStyle("#d9b400")),
    (("cement",), LineStyle("#a0764a", DOTTED, shown=False)),
)
_SAND, _SKY, _ROSE, _GREY = "#b59b2e", "#5aa9d6", "#c0667a", "#8c8c8c"
_BROWN, _SLATE, _OLIVE, _MAUVE = "#a0764a", "#7d8cc4", "#8a8f2a", "#b48ead"
_PALETTE = (_SAND, _SKY, _ROSE, _GREY, _BROWN, _SLATE, _OLIVE, _MAUVE)
_KNOWN_ORGANS: tuple[tuple[tuple[str, ...], LineStyle], ...] = (
    (("kidneyr",), LineStyle(_SKY)),
    (("kidneyl",), LineStyle(_SKY, DASHED)),
    (("lungr",), LineStyle(_SLATE)),
    (("lungl",), LineStyle(_SLATE, DASHED)),
    (("liver",), LineStyle(_BROWN)),
    (("spleen",), LineStyle(_BROWN, DASHED)),
    (("stomach",), LineStyle(_SAND)),
    (("smallbowel", "bowelsmall", "bowel"), LineStyle(_MAUVE)),
    (("colon", "bowellarge", "largebowel"), LineStyle(_MAUVE, DASHED)),
    (("aorta", "aaorta"), LineStyle(_ROSE)),
    (("inferiorvenacava", "venacava", "vvenacava"), LineStyle(_ROSE, DASHED)),
    (("heart",), LineStyle(_ROSE, DASH_DOT)),
    (("oesophagus", "esophagus"), LineStyle(_SAND, DASHED)),
    (("trachea",), LineStyle(_GREY, DASHED)),
    (("bladder",), LineStyle(_OLIVE)),
    (("rectum",), LineStyle(_OLIVE, DASHED)),
)
_HIDDEN_ROLES = frozenset({"external", "bone", "other", "avoidance"})


def style_of(name: str, role: Role) -> LineStyle:
    """The fixed style of a structure, from its name and, for organs, from a palette by name.

    >>> style_of("GTV", "target").colour, style_of("SpinalCord_PRV02", "prv").dash
    ('#e8431f', '5 2.5')
    """
    folded = "".join(c for c in name.casefold() if c.isalnum())
    for starts, style in (*_KNOWN, *_KNOWN_ORGANS):
        if folded.startswith(starts):
            return style
    pick = zlib.crc32(folded.encode())
    dash = (DOTTED, DASH_DOT)[pick // len(_PALETTE) % 2]
    return LineStyle(_PALETTE[pick % len(_PALETTE)], dash, role not in _HIDDEN_ROLES)


_MAP = ((0xA0, 0x78, 0xFF), (0xC9, 0x7B, 0xFA), (0xEB, 0x92, 0xF4), (0xFA, 0xC4, 0xF4), (0xFF, 0xF2, 0xFB))


def isodose_colour(fraction: float) -> str:
    """The sequential map at `fraction` 0 (lowest level) to 1 (highest): lighter is more dose.

    >>> isodose_colour(0.0), isodose_colour(1.0)
    ('#a078ff', '#fff2fb')
    """
    at = min(1.0, max(0.0, fraction)) * (len(_MAP) - 1)
    low = min(int(at), len(_MAP) - 2)
    mixed = [round(a + (b - a) * (at - low)) for a, b in zip(_MAP[low], _MAP[low + 1], strict=True)]
    return "#" + "".join(f"{c:02x}" for c in mixed)

"""Which of a plan's structures a protocol means: TG-263 names and the names they go by, one table, no guessing."""

from __future__ import annotations

import re
from collections.abc import Iterable

ALIASES: dict[str, tuple[str, ...]] = {
    "GTV": ("gtv", "gtvp", "gross tumor volume", "gross tumour volume"),
    "CTV": ("ctv", "clinical target volume"),
    "PTV": ("ptv", "planning target volume"),
    "PTV_Eval": ("ptv_eval", "ptveval", "ptv evaluation"),
    "SpinalCord": ("spinal_cord", "spinalcord", "cord", "myelon", "medulla spinalis", "spinal cord true"),
    "SpinalCord_PRV02": ("spinalcord_prv02", "spinalcord_prv2", "spinal_cord_prv02", "cord_prv02", "cord_prv2",
                         "cord_prv2mm", "spinalcord_prv2mm", "cord+2mm", "cord + 2 mm", "prv cord 2mm"),
    "SpinalCord_Partial": ("spinalcord_partial", "partial cord", "cord partial", "spinalcord_part"),
    "SpinalCanal": ("spinal_canal", "spinalcanal", "canal"),
    "ThecalSac": ("thecal_sac", "thecalsac", "thecal sac", "dural sac"),
    "CaudaEquina": ("cauda_equina", "caudaequina", "cauda"),
    "SacralPlex": ("sacral plexus", "sacralplexus", "plexus sacralis", "sacralplex"),
    "BrachialPlex": ("brachial plexus", "brachialplexus", "brachialplex"),
    "Esophagus": ("oesophagus", "esophagus", "oesoph", "esoph"),
    "Heart": ("heart",),
    "GreatVes": ("great vessels", "greatvessels", "greatves"),
    "Trachea": ("trachea", "trachea and large bronchi", "trachea+bronchi"),
    "Skin": ("skin",),
    "Stomach": ("stomach",),
    "Duodenum": ("duodenum",),
    "Bowel_Small": ("small_bowel", "smallbowel", "bowel_small", "jejunum", "ileum", "jejunum/ileum"),
    "Bowel": ("bowel", "bag_bowel", "bowel_bag"),
    "Colon": ("colon", "bowel_large", "large_bowel"),
    "Rectum": ("rectum",),
    "Kidney_L": ("kidney_left", "left kidney", "kidney_l", "lt kidney", "kidney lt"),
    "Kidney_R": ("kidney_right", "right kidney", "kidney_r", "rt kidney", "kidney rt"),
    "Kidney_Cortex": ("renal cortex", "kidney_cortex", "kidneys cortex"),
    "Liver": ("liver",),
}  # fmt: skip
"""Protocol name (TG-263, Mayo 2018) -> what it is also called. "SpinalCord" is never taken for its PRV."""


def folded(name: str) -> str:
    """Lower-case letters, digits and "+" only.

    >>> folded("Spinal Cord_PRV02")
    'spinalcordprv02'
    """
    return re.sub(r"[^a-z0-9+]", "", name.casefold())


def resolve(wanted: str, present: Iterable[str]) -> str | None:
    """The one name among `present` that is `wanted`: itself first, then in any case, then by `ALIASES`.

    Returns None where there is none, or where several differ only by alias (then nobody can tell which is meant).

    >>> resolve("SpinalCord", ("GTV", "spinal_cord", "SpinalCord_PRV02"))
    'spinal_cord'
    """
    names = tuple(present)
    if wanted in names:
        return wanted
    same = [n for n in names if folded(n) == folded(wanted)]
    if len(same) == 1:
        return same[0]
    known = {folded(alias) for alias in ALIASES.get(wanted, ())}
    matches = same or [n for n in names if folded(n) in known]
    return matches[0] if len(matches) == 1 else None

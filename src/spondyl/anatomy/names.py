"""What structures are called: finding a role under the names that cases use, and the standard names for outputs.

Standard names are those of AAPM TG-263 (Mayo et al., Int J Radiat Oncol Biol Phys 2018;100:1057-1066,
doi:10.1016/j.ijrobp.2017.12.013), checked against the list in HL7's mCODE guide (ConceptMap TG263 to SNOMED CT).
"""

from __future__ import annotations

import re

from spondyl.anatomy.structure import Structure, Structures
from spondyl.core.errors import StructureError, nearest

ALIASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "gtv": (("gtv",), ("gtvp", "grosstumorvolume", "grosstumourvolume")),
    "cord": (("spinalcord", "cord", "myelon"),),
    "sac": (("thecalsac", "thecalsack", "duralsac"), ("caudaequina", "cauda")),
    "canal": (("spinalcanal", "vertebralcanal", "canal"),),
    "external": (("body", "external", "outercontour"), ("skin",)),
    "vertebra": (("vertebra", "vertebratotal", "wholevertebra"),),
    "sacral_canal": (("sacralcanal", "canalsacral"),),
    "sacral_foramina": (("sacralforamina", "foraminasacral", "bonyforamina"),),
    "vertebral_body": (("vertebralbody", "vb"),),
    "pedicle_left": (("pedicleleft", "pediclel", "leftpedicle"),),
    "pedicle_right": (("pedicleright", "pedicler", "rightpedicle"),),
    "transverse_process_lamina_left": (("transverseprocesslaminaleft", "laminatpl", "lefttransverseprocesslamina"),),
    "transverse_process_lamina_right": (("transverseprocesslaminaright", "laminatpr", "righttransverseprocesslamina"),),
    "spinous_process": (("spinousprocess", "procspinous", "spinous"),),
}
"""Role -> groups of names, letters and digits only; an earlier group is preferred, two of one group are refused."""

TG263: dict[str, str] = {
    "spinalcord": "SpinalCord", "cord": "SpinalCord", "myelon": "SpinalCord",
    "spinalcanal": "SpinalCanal", "vertebralcanal": "SpinalCanal",
    "thecalsac": "ThecalSac", "duralsac": "ThecalSac", "caudaequina": "CaudaEquina",
    "body": "Body", "external": "External", "skin": "Skin",
    "heart": "Heart", "liver": "Liver", "stomach": "Stomach", "spleen": "Spleen", "trachea": "Trachea",
    "oesophagus": "Esophagus", "esophagus": "Esophagus", "bladder": "Bladder", "urinarybladder": "Bladder",
    "rectum": "Rectum", "pancreas": "Pancreas", "gallbladder": "Gallbladder", "duodenum": "Duodenum",
    "bowel": "Bowel", "smallbowel": "Bowel_Small", "bowelsmall": "Bowel_Small", "largebowel": "Bowel_Large",
    "bowellarge": "Bowel_Large", "colon": "Colon", "aorta": "A_Aorta", "aaorta": "A_Aorta",
    "inferiorvenacava": "V_Venacava_I", "ivc": "V_Venacava_I", "superiorvenacava": "V_Venacava_S",
    "greatvessels": "GreatVes", "larynx": "Larynx", "pharynx": "Pharynx", "sacralplexus": "SacralPlex",
    "lung": "Lung", "kidney": "Kidney", "femurhead": "Femur_Head", "brachialplexus": "BrachialPlex",
    "vertebralbody": "VB", "pedicle": "Pedicle", "transverseprocesslamina": "Lamina_TP",
    "spinousprocess": "Proc_Spinous", "sacrum": "Sacrum", "vertebra": "Vertebra",
}  # fmt: skip
"""Letters and digits of a name without its side -> standard name. Sectors and whole vertebrae have none in the
report; theirs follow its rules (at most 16 characters, side last)."""

_SIDE = re.compile(r"(?:^|[_\s.-])(left|right|l|r)(?=$|[_\s.-])", re.IGNORECASE)
_LEVEL = re.compile(r"^(vertebra|vertebral_body|vb)[_\s-]?([CTLS])(\d{1,2})$", re.IGNORECASE)


def plain(name: str) -> str:
    """Letters and digits of `name`, in lower case.

    >>> plain("Spinal_Cord 2")
    'spinalcord2'
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def find_role(structures: Structures, role: str) -> Structure | None:
    """The structure that plays `role` (a key of `ALIASES`), or None.

    Raises
    ------
    StructureError
        If two names of equal standing are there, since one cannot be preferred.
    """
    for group in ALIASES[role]:
        found = [structure for name, structure in structures.items() if plain(name) in group and not structure.is_empty]
        if len(found) > 1:
            names = ", ".join(structure.name for structure in found)
            raise StructureError(
                f"{len(found)} structures could be the {role}: {names}; expected one, rename or remove the others"
            )
        if found:
            return found[0]
    return None


def need_role(structures: Structures, role: str, why: str) -> Structure:
    """The structure that plays `role`.

    Raises
    ------
    StructureError
        If none is there, with the nearest names; or two are.
    """
    found = find_role(structures, role)
    if found is not None:
        return found
    empty = [
        name for name, s in structures.items() if s.is_empty and any(plain(name) in group for group in ALIASES[role])
    ]
    if empty:
        raise StructureError(f'structure "{empty[0]}" is empty, expected a filled one {why}; draw it or remove it')
    near = nearest(role.replace("gtv", "GTV"), structures) or tuple(structures)
    raise StructureError(
        f'no structure for "{role}" found, needed {why}; nearest of what is there: {", ".join(near) or "nothing"}; '
        f"accepted names (case and separators do not matter): {', '.join(n for g in ALIASES[role] for n in g)}"
    )


def tg263_name(name: str, level: str | None = None) -> str:
    """The TG-263 name for a structure, or `name` itself where none is known.

    >>> [tg263_name(n) for n in ("lung_left", "oesophagus", "inferior_vena_cava", "PTV_Eval")]
    ['Lung_L', 'Esophagus', 'V_Venacava_I', 'PTV_Eval']
    >>> tg263_name("vertebra_T9"), tg263_name("vertebral_body", level="L3")
    ('Vertebra_T09', 'VB_L3')
    """
    found = _LEVEL.match(name)
    if found:
        kind = "Vertebra" if found.group(1).casefold() == "vertebra" else "VB"
        return f"{kind}_{_padded(found.group(2).upper() + found.group(3))}"
    side = _SIDE.search(name)
    base = TG263.get(plain(_SIDE.sub("", name)) if side else plain(name))
    if base is None:
        return name
    if base in ("VB", "Vertebra") and level:
        return f"{base}_{_padded(level)}"
    return f"{base}_{side.group(1)[0].upper()}" if side else base


def _padded(level: str) -> str:
    return f"T{int(level[1:]):02d}" if level.startswith("T") else level

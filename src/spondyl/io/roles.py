"""What a structure is for, from what its file says and what it is called."""

from __future__ import annotations

import re

from spondyl.anatomy import Role

# DICOM PS3.3 C.8.8.8.1, RT ROI Interpreted Type, as far as it says what the region is for.
_BY_TYPE: dict[str, Role] = {
    "EXTERNAL": "external", "GTV": "target", "CTV": "target", "PTV": "target", "TREATED_VOLUME": "target",
    "ORGAN": "oar", "AVOIDANCE": "avoidance", "CAVITY": "other", "BOLUS": "other", "MARKER": "other",
    "SUPPORT": "other", "FIXATION": "other", "CONTROL": "other", "REGISTRATION": "other", "ISOCENTER": "other",
    "CONTRAST_AGENT": "other", "BRACHY_CHANNEL": "other", "DOSE_REGION": "other", "IRRAD_VOLUME": "other",
    "DOSE_MEASUREMENT": "other",
}  # fmt: skip

# Names, most particular first; TG-263 (Mayo et al. 2018, doi:10.1016/j.ijrobp.2017.12.013) and common plain ones.
_BY_NAME: tuple[tuple[str, Role], ...] = (
    (r"^(body|external|skin|outline|aussenkontur)$", "external"),
    (r"prv|^spinal_?cord_?.*\+", "prv"),
    (r"^z?_?(opt|ring|avoid|nt_|dose|help)|^z_", "avoidance"),
    (r"^(gtv|ctv|ptv|itv)", "target"),
    (r"spinal_?canal|^canal$", "canal"),
    (r"cord|thecal|cauda|sac(ral)?_?plexus|esoph|oesoph|lung|heart|kidney|liver|stomach|spleen|bowel|colon|duoden|bladder|rectum|aorta|vena"
     r"|trachea|bronch|brain|larynx|pharynx|parotid|thyroid|pancreas|ureter|skin|nerve|plexus|breast", "oar"),
    (r"^vb|vertebra|^[ctl]\d{1,2}$|bone_|sacrum|pedicle|lamina|spinous|transverse_?process|rib|femur|pelvi", "bone"),
)  # fmt: skip

_TO_TYPE: dict[Role, str] = {
    "external": "EXTERNAL",
    "oar": "ORGAN",
    "prv": "AVOIDANCE",
    "avoidance": "AVOIDANCE",
    "canal": "ORGAN",
}


def role_of(name: str, interpreted_type: str = "") -> Role:
    """The role of an ROI: the name where it says more than the type does, else the type, else "other".

    A planning system's type is often left at a default (ORGAN for a vertebra, AVOIDANCE for a lung), so a name
    that is known decides between the roles of healthy tissue; EXTERNAL, GTV, CTV and PTV are taken as they are.

    >>> role_of("SpinalCord_PRV02", "AVOIDANCE"), role_of("Lung_L", "AVOIDANCE"), role_of("Tumor Bed", "CTV")
    ('prv', 'oar', 'target')
    """
    stated = _BY_TYPE.get(interpreted_type.strip().upper())
    if stated in ("external", "target"):
        return stated
    folded = re.sub(r"[\s\-]+", "_", name.strip().casefold())
    for pattern, role in _BY_NAME:
        if re.search(pattern, folded) and not (role == "target" and stated is not None):
            return role
    return stated or "other"


def interpreted_type(name: str, role: Role) -> str:
    """The RT ROI Interpreted Type that a structure is written with, empty where none fits."""
    if role == "target":
        start = name.upper()
        return next((kind for kind in ("GTV", "CTV", "PTV") if start.startswith(kind)), "TREATED_VOLUME")
    return _TO_TYPE.get(role, "")

"""International Spine Radiosurgery Consortium: Cox et al. 2012, table of recommendations for the CTV."""

from __future__ import annotations

from spondyl.anatomy.consensus.rules import Consensus, Row
from spondyl.core.citations import Citation

SOURCE = Citation("Cox BW et al. Int J Radiat Oncol Biol Phys 2012;83:e597-e605", "10.1016/j.ijrobp.2012.03.009")

PEDICLES = ("pedicle_left", "pedicle_right")
PROCESSES = ("transverse_process_left", "transverse_process_right")
WITH_PROCESS = "transverse_process_with_pedicle"
"""Whether "pedicle/transverse process", where the body alone is involved, takes the transverse process too."""

ISRC_2012 = Consensus(
    "isrc-2012",
    SOURCE,
    (
        Row("any part of the body", ("vertebral_body",), ("vertebral_body",), "CTV: body"),
        Row(
            "lateralised in the body",
            ("vertebral_body",),
            ("vertebral_body", "pedicle_{side}"),
            "CTV: lateralised in the body",
            position="lateralised_{side}",
        ),
        Row(
            "lateralised in the body, transverse process",
            ("vertebral_body",),
            ("transverse_process_{side}",),
            "CTV: lateralised in the body",
            position="lateralised_{side}",
            option=WITH_PROCESS,
        ),
        Row(
            "diffuse in the body",
            ("vertebral_body",),
            ("vertebral_body", *PEDICLES),
            "CTV: diffuse in the body",
            position="diffuse",
        ),
        Row(
            "diffuse in the body, transverse processes",
            ("vertebral_body",),
            PROCESSES,
            "CTV: diffuse in the body",
            position="diffuse",
            option=WITH_PROCESS,
        ),
        Row(
            "body and one pedicle",
            ("vertebral_body", "pedicle_{side}"),
            ("vertebral_body", "pedicle_{side}", "transverse_process_{side}", "lamina_{side}"),
            "CTV: body and one pedicle",
        ),
        Row(
            "body and both pedicles",
            ("vertebral_body", "pedicle_left", "pedicle_right"),
            ("vertebral_body", *PEDICLES, *PROCESSES, "lamina_left", "lamina_right"),
            "CTV: body and both pedicles",
        ),
        Row(
            "one pedicle",
            ("pedicle_{side}",),
            ("pedicle_{side}", "transverse_process_{side}", "lamina_{side}"),
            "CTV: one pedicle",
        ),
        Row(
            "one pedicle, with the body",
            ("pedicle_{side}",),
            ("vertebral_body",),
            "CTV: one pedicle (the body is optional there)",
            option="pedicle_adds_body",
        ),
        Row(
            "one lamina",
            ("transverse_process_lamina_{side}",),
            ("lamina_{side}", "pedicle_{side}", "transverse_process_{side}", "spinous_process"),
            "CTV: one lamina",
        ),
        Row(
            "spinous process",
            ("spinous_process",),
            ("spinous_process", "lamina_left", "lamina_right"),
            "CTV: spinous process",
        ),
    ),
)

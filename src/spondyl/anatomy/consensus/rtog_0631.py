"""RTOG 0631's three models: the body, the body with the pedicles, the dorsal elements (Ryu, review, Fig. 1)."""

from __future__ import annotations

from spondyl.anatomy.consensus.rules import Consensus, Row
from spondyl.anatomy.sectors import PARTS
from spondyl.core.citations import Citation

SOURCE = Citation(
    "Ryu S et al. Contemporary treatment with radiosurgery for spine metastasis, 2015, models of RTOG 0631"
)

DORSAL = (
    "transverse_process_left",
    "lamina_left",
    "spinous_process",
    "lamina_right",
    "transverse_process_right",
)
PEDICLES = ("pedicle_left", "pedicle_right")

RTOG_0631 = Consensus(
    "rtog-0631",
    SOURCE,
    (
        Row("model A: body", ("vertebral_body",), ("vertebral_body",), "Fig. 1A"),
        Row(
            "model B: body and pedicles", ("vertebral_body", "pedicle_{side}"), ("vertebral_body", *PEDICLES), "Fig. 1B"
        ),
        Row(
            "model B, with anterior and posterior elements",
            ("vertebral_body", "pedicle_{side}"),
            PARTS,
            "Fig. 1B, solid line",
            option="rtog_b_both_elements",
        ),
        Row(
            "a pedicle without the body: as model B, for which the figure has no other",
            ("pedicle_{side}",),
            ("vertebral_body", *PEDICLES),
            "Fig. 1B",
        ),
        Row("model C: dorsal elements (lamina)", ("transverse_process_lamina_{side}",), DORSAL, "Fig. 1C"),
        Row("model C: dorsal elements (spinous process)", ("spinous_process",), DORSAL, "Fig. 1C"),
    ),
)

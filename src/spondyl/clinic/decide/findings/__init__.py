"""Named findings that conditions of rules may ask for: each true, false or unknown."""

from collections.abc import Mapping

from spondyl.clinic.decide.findings.lesion import LESION, Finding
from spondyl.clinic.decide.findings.radiotherapy import RADIOTHERAPY
from spondyl.clinic.decide.findings.surgery import SURGERY

FINDINGS: Mapping[str, Finding] = {**LESION, **SURGERY, **RADIOTHERAPY}

__all__ = ["FINDINGS", "Finding"]

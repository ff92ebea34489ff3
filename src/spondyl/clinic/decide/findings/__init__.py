"""Named findings that conditions of rules may ask for: each true, false or unknown."""

from collections.abc import Mapping

from spondyl.clinic.decide.findings.compression import COMPRESSION
from spondyl.clinic.decide.findings.extent import EXTENT
from spondyl.clinic.decide.findings.finding import Finding
from spondyl.clinic.decide.findings.lesion import BONE
from spondyl.clinic.decide.findings.neurology import NEURO
from spondyl.clinic.decide.findings.radiotherapy import RADIOTHERAPY
from spondyl.clinic.decide.findings.regions import PLACES
from spondyl.clinic.decide.findings.surgery import SURGERY
from spondyl.clinic.decide.findings.tumour import TUMOUR

FINDINGS: Mapping[str, Finding] = {
    **BONE,
    **COMPRESSION,
    **NEURO,
    **EXTENT,
    **PLACES,
    **TUMOUR,
    **SURGERY,
    **RADIOTHERAPY,
}

__all__ = ["FINDINGS", "Finding"]

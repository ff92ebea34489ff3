"""FHIR R4 out and in: an assessment as a bundle, and the facts of a bundle back."""

from spondyl.io.fhir.bundle import bundle_json, to_bundle
from spondyl.io.fhir.code_systems import code_systems
from spondyl.io.fhir.reading import facts_from_bundle, read_bundle
from spondyl.io.fhir.validation import validate_bundle
from spondyl.io.fhir.vocabulary import FhirError

__all__ = [
    "FhirError",
    "bundle_json",
    "code_systems",
    "facts_from_bundle",
    "read_bundle",
    "to_bundle",
    "validate_bundle",
]

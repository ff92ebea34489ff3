"""Names and identifiers are taken out of what an import copies, unless it is told to keep them.

A part of the Basic Application Level Confidentiality Profile (DICOM PS3.15 Table E.1-1): persons, identifiers,
contacts, places, free comments, devices' serial numbers and private elements. UIDs and dates are kept, so that
results can go back to the planning system and intervals stay right; pixels are not looked at. Who must be
anonymous against a determined reader needs a full de-identification tool first.
"""

from __future__ import annotations

import hashlib

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

REMOVED = frozenset({
    "AccessionNumber", "AdditionalPatientHistory", "AdmissionID", "Allergies", "BranchOfService",
    "ConfidentialityConstraintOnPatientDataDescription", "CountryOfResidence", "CurrentPatientLocation",
    "DeviceSerialNumber", "EthnicGroup", "EthnicGroups", "ImageComments", "InstitutionAddress",
    "InstitutionCodeSequence", "InstitutionName", "InstitutionalDepartmentName",
    "InsurancePlanIdentification", "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence",
    "MedicalAlerts", "MedicalRecordLocator", "MilitaryRank", "Occupation",
    "OperatorIdentificationSequence", "OriginalAttributesSequence", "OtherPatientIDs",
    "OtherPatientIDsSequence", "PatientAddress", "PatientAlternativeCalendar", "PatientBirthDate",
    "PatientBirthDateInAlternativeCalendar", "PatientBirthTime", "PatientComments",
    "PatientInsurancePlanCodeSequence", "PatientMotherBirthName", "PatientPrimaryLanguageCodeSequence",
    "PatientReligiousPreference", "PatientSexNeutered", "PatientState", "PatientTelecomInformation",
    "PatientTelephoneNumbers", "PerformedProcedureStepDescription", "PerformedProcedureStepID",
    "PerformingPhysicianIdentificationSequence", "PhysiciansOfRecordIdentificationSequence",
    "PhysiciansReadingStudyIdentificationSequence", "ProtocolName", "ReferencedPatientSequence",
    "ReferencedStudySequence", "ReferringPhysicianAddress", "ReferringPhysicianIdentificationSequence",
    "ReferringPhysicianTelephoneNumbers", "RegionOfResidence", "RequestAttributesSequence",
    "RequestedProcedureDescription", "RequestedProcedureID", "RequestingService",
    "ResponsibleOrganization", "ResponsiblePersonRole", "ScheduledProcedureStepDescription",
    "SeriesDescription", "ServiceEpisodeID", "SpecialNeeds", "StationName", "StudyComments", "StudyDescription",
    "StudyID",
})  # fmt: skip
_EMPTY = ("AccessionNumber", "PatientBirthDate", "ReferringPhysicianName", "StudyID")
"""Type 2 of the patient and study modules: must stay, without a value."""


def pseudonym(study_uid: str) -> str:
    """A name that tells studies apart and says nothing of the patient: from the study's UID alone.

    >>> pseudonym("1.2.3")
    'SP-F9239AD3'
    """
    return "SP-" + hashlib.sha256(f"spondyl {study_uid}".encode()).hexdigest()[:8].upper()


def deidentified(dataset: Dataset) -> Dataset:
    """`dataset`, changed in place: a pseudonym for name and ID, identifying and private elements gone."""
    name = pseudonym(str(dataset.get("StudyInstanceUID", "")))
    dataset.remove_private_tags()
    dataset.walk(_clean)
    dataset.PatientName, dataset.PatientID = f"Anonymous^{name}", name
    for keyword in _EMPTY:
        setattr(dataset, keyword, "")
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "spondyl import: persons, IDs, places, private out; dates kept"
    return dataset


def _clean(dataset: Dataset, element: DataElement) -> None:
    if element.VR == "PN" or element.keyword in REMOVED:
        del dataset[element.tag]

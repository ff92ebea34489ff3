"""Published outcomes: the table of the five papers, corrected where they err, and what may be pooled of it."""

from spondyl.clinic.evidence.outcomes import Annotation, Interval, Outcome
from spondyl.clinic.evidence.pooling import SCALES, TAUS, Pooled, Scale, Tau, pool_proportions
from spondyl.clinic.evidence.proportions import Proportion, Refusal, clopper_pearson, proportion
from spondyl.clinic.evidence.query import evidence, evidence_for
from spondyl.clinic.evidence.review import ReviewedStudy, Screening, kypho_iort_studies, screening
from spondyl.clinic.evidence.shares import Share, share
from spondyl.clinic.evidence.studies import TOLERANCE_MONTHS, Excluded, Included, Pool, pool_evidence
from spondyl.clinic.evidence.table import Paper, outcomes, papers
from spondyl.clinic.evidence.vocabulary import COHORTS, DESIGN_KINDS, ENDPOINT_KINDS, MODALITIES

__all__ = [
    "COHORTS",
    "DESIGN_KINDS",
    "ENDPOINT_KINDS",
    "MODALITIES",
    "SCALES",
    "TAUS",
    "TOLERANCE_MONTHS",
    "Annotation",
    "Excluded",
    "Included",
    "Interval",
    "Outcome",
    "Paper",
    "Pool",
    "Pooled",
    "Proportion",
    "Refusal",
    "ReviewedStudy",
    "Scale",
    "Screening",
    "Share",
    "Tau",
    "clopper_pearson",
    "evidence",
    "evidence_for",
    "kypho_iort_studies",
    "outcomes",
    "papers",
    "pool_evidence",
    "pool_proportions",
    "proportion",
    "screening",
    "share",
]

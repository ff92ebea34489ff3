"""The tables as the newest migration leaves them; a test holds the two alike."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
)

METADATA = MetaData()


def _patient() -> Column[str]:
    return Column("pseudonym", Text, ForeignKey("patients.pseudonym"), nullable=False)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _of_lesion() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["pseudonym", "lesion_id"], ["lesions.pseudonym", "lesions.lesion_id"])


def _of_plan() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["pseudonym", "plan_id"], ["plans.pseudonym", "plans.plan_id"])


cohort = Table("cohort", METADATA, Column("name", Text, primary_key=True))
patients = Table(
    "patients",
    METADATA,
    Column("pseudonym", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sex", Text),
    Column("birth_year", Integer),
    Column("primary_histology", Text),
    Column("screened_on", Date),
    Column("enrolled_on", Date),
    Column("excluded_reason", Text),
    Column("arm", Text),
    Column("withdrawn_on", Date),
    Column("last_contact_on", Date),
)
lesions = Table(
    "lesions",
    METADATA,
    _id(),
    _patient(),
    Column("lesion_id", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    UniqueConstraint("pseudonym", "lesion_id", name="one_lesion"),
)
assessments = Table(
    "assessments",
    METADATA,
    _id(),
    _patient(),
    Column("lesion_id", Text),
    Column("on", Date, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("total", Double),
    Column("grade", Text),
    Column("items", JSON, nullable=False),
    _of_lesion(),
)
plans = Table(
    "plans",
    METADATA,
    _id(),
    _patient(),
    Column("plan_id", Text, nullable=False),
    Column("lesion_id", Text, nullable=False),
    Column("technique", Text),
    Column("protocol", Text),
    Column("prescription_gy", Double),
    Column("fractions", Integer),
    UniqueConstraint("pseudonym", "plan_id", name="one_plan"),
    _of_lesion(),
)
plan_metrics = Table(
    "plan_metrics",
    METADATA,
    _id(),
    _patient(),
    Column("plan_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("structure", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("unit", Text, nullable=False),
    UniqueConstraint("pseudonym", "plan_id", "position", name="one_metric"),
    _of_plan(),
)
plan_verdicts = Table(
    "plan_verdicts",
    METADATA,
    _id(),
    _patient(),
    Column("plan_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("structure", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("op", Text, nullable=False),
    Column("limit", Double, nullable=False),
    Column("value", Double),
    Column("unit", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("margin", Double),
    Column("source", Text),
    UniqueConstraint("pseudonym", "plan_id", "position", name="one_verdict"),
    _of_plan(),
)
treatments = Table(
    "treatments",
    METADATA,
    _id(),
    _patient(),
    Column("treatment_id", Text, nullable=False),
    Column("lesion_id", Text),
    Column("kind", Text, nullable=False),
    Column("intent", Text),
    Column("started_on", Date, nullable=False),
    Column("ended_on", Date),
    Column("plan_id", Text),
    Column("dose_gy", Double),
    Column("fractions", Integer),
    UniqueConstraint("pseudonym", "treatment_id", name="one_treatment"),
    _of_lesion(),
    _of_plan(),
)
visits = Table(
    "visits",
    METADATA,
    _id(),
    _patient(),
    Column("on", Date, nullable=False),
    Column("lesion_id", Text),
    Column("pain_vas", Double),
    Column("oral_morphine_mg_per_day", Double),
    Column("dexamethasone_mg_per_day", Double),
    Column("frankel", Text),
    Column("asia", Text),
    Column("ambulatory", Boolean),
    Column("kps", Integer),
    Column("ecog", Integer),
    _of_lesion(),
)
imaging = Table(
    "imaging",
    METADATA,
    _id(),
    _patient(),
    Column("lesion_id", Text, nullable=False),
    Column("on", Date, nullable=False),
    Column("reader", Text, nullable=False),
    Column("modality", Text, nullable=False),
    Column("spino", Text, nullable=False),
    Column("failure_site", Text),
    Column("failure_in_prescription_percent", Double),
    Column("failure_d95_gy", Double),
    UniqueConstraint("pseudonym", "lesion_id", "on", "modality", "reader", name="one_reading"),
    _of_lesion(),
)
fractures = Table(
    "fractures",
    METADATA,
    _id(),
    _patient(),
    Column("lesion_id", Text, nullable=False),
    Column("on", Date, nullable=False),
    Column("level", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("genant_grade", Integer),
    Column("height_loss_percent", Double),
    Column("height_loss_mm", Double),
    Column("symptomatic", Boolean),
    Column("reader", Text),
    _of_lesion(),
)
adverse_events = Table(
    "adverse_events",
    METADATA,
    _id(),
    _patient(),
    Column("on", Date, nullable=False),
    Column("term", Text, nullable=False),
    Column("grade", Integer, nullable=False),
    Column("lesion_id", Text),
    Column("attribution", Text),
    Column("resolved_on", Date),
    _of_lesion(),
)
systemic_progressions = Table(
    "systemic_progressions",
    METADATA,
    _id(),
    _patient(),
    Column("on", Date, nullable=False),
    Column("site", Text),
)
deaths = Table(
    "deaths",
    METADATA,
    Column("pseudonym", Text, ForeignKey("patients.pseudonym"), primary_key=True),
    Column("on", Date, nullable=False),
    Column("cause", Text),
)
identities = Table(
    "identities",
    METADATA,
    Column("pseudonym", Text, ForeignKey("patients.pseudonym"), primary_key=True),
    Column("sealed", Text, nullable=False),
)
audit = Table(
    "audit",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("key", JSON, nullable=False),
    Column("before", JSON),
    Column("after", JSON),
)


def _one(name: str, of: Table, *columns: str) -> None:
    """No two rows alike, where a column of the key may be unknown: unknown is one value here."""
    Index(name, *(func.coalesce(of.c[column], "") if of.c[column].nullable else of.c[column] for column in columns),
          unique=True)  # fmt: skip


_one("one_assessment", assessments, "pseudonym", "lesion_id", "on", "instrument")
_one("one_visit", visits, "pseudonym", "on", "lesion_id")
_one("one_fracture", fractures, "pseudonym", "lesion_id", "on", "level", "reader")
_one("one_event", adverse_events, "pseudonym", "on", "term", "grade", "lesion_id")
_one("one_progression", systemic_progressions, "pseudonym", "on", "site")

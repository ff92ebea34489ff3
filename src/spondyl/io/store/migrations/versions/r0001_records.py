"""Patients, what is recorded of them, and the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spondyl.io.store.triggers import Watched, append_only, audit_triggers

revision = "0001"
down_revision = None
TYPES = {"text": sa.Text, "number": sa.Double, "whole": sa.Integer, "day": sa.Date, "yes": sa.Boolean, "json": sa.JSON}
PATIENT = (
    "sex:text birth_year:whole primary_histology:text screened_on:day enrolled_on:day excluded_reason:text arm:text "
    "withdrawn_on:day last_contact_on:day"
)
RECORDS = {
    "lesions": "lesion_id:text! level:text! facts:json!",
    "assessments": "lesion_id:text on:day! instrument:text! total:number grade:text items:json!",
    "plans": ("plan_id:text! lesion_id:text! technique:text protocol:text prescription_gy:number fractions:whole"),
    "plan_metrics": "plan_id:text! position:whole! structure:text! metric:text! value:number! unit:text!",
    "plan_verdicts": (
        "plan_id:text! position:whole! structure:text! metric:text! op:text! limit:number! value:number unit:text! "
        "level:text! status:text! margin:number source:text"
    ),
    "treatments": (
        "treatment_id:text! lesion_id:text kind:text! intent:text started_on:day! ended_on:day plan_id:text "
        "dose_gy:number fractions:whole"
    ),
    "visits": (
        "on:day! lesion_id:text pain_vas:number oral_morphine_mg_per_day:number dexamethasone_mg_per_day:number "
        "frankel:text asia:text ambulatory:yes kps:whole ecog:whole"
    ),
    "imaging": (
        "lesion_id:text! on:day! reader:text! modality:text! spino:text! failure_site:text "
        "failure_in_prescription_percent:number failure_d95_gy:number"
    ),
    "fractures": (
        "lesion_id:text! on:day! level:text! finding:text! genant_grade:whole height_loss_percent:number "
        "height_loss_mm:number symptomatic:yes reader:text"
    ),
    "adverse_events": "on:day! term:text! grade:whole! lesion_id:text attribution:text resolved_on:day",
    "systemic_progressions": "on:day! site:text",
}
DEATH = "on:day! cause:text"
KEYS = {
    "lesions": ("one_lesion", "lesion_id"),
    "assessments": ("one_assessment", "lesion_id", "on", "instrument"),
    "plans": ("one_plan", "plan_id"),
    "plan_metrics": ("one_metric", "plan_id", "position"),
    "plan_verdicts": ("one_verdict", "plan_id", "position"),
    "treatments": ("one_treatment", "treatment_id"),
    "visits": ("one_visit", "on", "lesion_id"),
    "imaging": ("one_reading", "lesion_id", "on", "modality", "reader"),
    "fractures": ("one_fracture", "lesion_id", "on", "level", "reader"),
    "adverse_events": ("one_event", "on", "term", "grade", "lesion_id"),
    "systemic_progressions": ("one_progression", "on", "site"),
}


def upgrade() -> None:
    """Make every table, its triggers and the audit."""
    op.create_table("cohort", sa.Column("name", sa.Text, primary_key=True))
    big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "audit",
        sa.Column("id", big, primary_key=True, autoincrement=True),
        *_columns("at:text! who:text! table_name:text! action:text! key:json! before:json after:json"),
    )
    op.create_table(
        "patients",
        sa.Column("pseudonym", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        *_columns(PATIENT),
    )
    for name, columns in RECORDS.items():
        _create(name, columns)
    op.create_table(
        "deaths",
        sa.Column("pseudonym", sa.Text, sa.ForeignKey("patients.pseudonym"), primary_key=True),
        *_columns(DEATH),
    )
    dialect = op.get_bind().dialect.name
    for statement in append_only(dialect):
        op.execute(statement)
    for watched in _watched():
        for statement in audit_triggers(dialect, watched):
            op.execute(statement)


def downgrade() -> None:
    """Never: taking columns away would lose what is recorded."""
    raise NotImplementedError("a store is not taken back; restore a copy that was made before")


def _columns(text: str) -> list[sa.Column[object]]:
    found: list[sa.Column[object]] = []
    for part in text.split():
        name, _, kind = part.partition(":")
        found.append(sa.Column(name, TYPES[kind.removesuffix("!")], nullable=not kind.endswith("!")))
    return found


def _create(name: str, text: str) -> None:
    columns = _columns(text)
    known = {column.name for column in columns}
    links: list[sa.ForeignKeyConstraint | sa.UniqueConstraint] = []
    if name != "lesions" and "lesion_id" in known:
        links.append(sa.ForeignKeyConstraint(["pseudonym", "lesion_id"], ["lesions.pseudonym", "lesions.lesion_id"]))
    if name != "plans" and "plan_id" in known:
        links.append(sa.ForeignKeyConstraint(["pseudonym", "plan_id"], ["plans.pseudonym", "plans.plan_id"]))
    index, *key = KEYS[name]
    open_ = [column for column in columns if column.name in key and column.nullable]
    if not open_:
        links.append(sa.UniqueConstraint("pseudonym", *key, name=index))
    op.create_table(
        name,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("pseudonym", sa.Text, sa.ForeignKey("patients.pseudonym"), nullable=False),
        *columns,
        *links,
    )
    if open_:
        unknown = {column.name for column in open_}
        parts = ", ".join(f"coalesce(\"{each}\", '')" if each in unknown else f'"{each}"' for each in key)
        op.execute(f"CREATE UNIQUE INDEX {index} ON {name} (pseudonym, {parts})")


def _watched() -> list[Watched]:
    every = {"patients": PATIENT, **RECORDS, "deaths": DEATH}
    found = [Watched("cohort", ("name",))]
    for name, text in every.items():
        key = ("pseudonym", *KEYS.get(name, ("",))[1:])
        told = tuple(part.partition(":")[0] for part in text.split())
        as_json = tuple(part.partition(":")[0] for part in text.split() if ":json" in part)
        found.append(Watched(name, key, tuple(column for column in told if column not in key), as_json))
    return found

"""Identities, sealed, apart from everything else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from spondyl.io.store.triggers import Watched, audit_triggers

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; the audit tells that an identity changed, never what it is, sealed or not."""
    op.create_table(
        "identities",
        sa.Column("pseudonym", sa.Text, sa.ForeignKey("patients.pseudonym"), primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
    )
    for statement in audit_triggers(
        op.get_bind().dialect.name, Watched("identities", ("pseudonym",), secret=("sealed",))
    ):
        op.execute(statement)


def downgrade() -> None:
    """Never: it would lose what is recorded."""
    raise NotImplementedError("a store is not taken back; restore a copy that was made before")

"""Runs, submissions, battles, answers, votes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("competitor_id", sa.String(64), nullable=False),
        sa.Column("suite", sa.String(80), nullable=False),
        sa.Column("suite_digest", sa.String(128), nullable=False),
        sa.Column("suite_tasks", sa.Integer, nullable=False),
        sa.Column("whole_suite", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("published_at", sa.Float(53), nullable=False),
        sa.Column("signed_by", sa.String(16), nullable=False),
        sa.Column("composite", sa.Float(53), nullable=False),
        sa.Column("composite_low", sa.Float(53), nullable=False),
        sa.Column("composite_high", sa.Float(53), nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("bundle", sa.LargeBinary, nullable=False),
    )
    op.create_index("runs_by_suite", "runs", ["suite", "suite_digest", "competitor_id", "created_at"])
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("address", sa.String(512), nullable=False),
        sa.Column("transport", sa.String(8), nullable=False),
        sa.Column("license", sa.String(64), nullable=False),
        sa.Column("description", sa.String(300), nullable=False),
        sa.Column("contact", sa.String(254), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
    )
    op.create_index("submissions_by_client", "submissions", ["client", "created_at"])
    op.create_table(
        "battles",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("left_id", sa.String(64), nullable=False),
        sa.Column("right_id", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("expires_at", sa.Float(53), nullable=False),
    )
    op.create_index("battles_by_address", "battles", ["address", "created_at"])
    op.create_index("battles_by_browser", "battles", ["browser", "created_at"])
    op.create_table(
        "answers",
        sa.Column("battle_id", sa.String(40), sa.ForeignKey("battles.id"), primary_key=True),
        sa.Column("side", sa.String(5), primary_key=True),
        sa.Column("begun_at", sa.Float(53), nullable=False),
        sa.Column("complete", sa.Boolean),
        sa.Column("digest", sa.String(64)),
        sa.Column("simhash", sa.String(16)),
        sa.Column("words", sa.Integer),
    )
    op.create_table(
        "votes",
        sa.Column("battle_id", sa.String(40), sa.ForeignKey("battles.id"), primary_key=True),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("excluded", sa.String(32), nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
    )


def downgrade() -> None:
    for table in ("votes", "answers", "battles", "submissions", "runs"):
        op.drop_table(table)

"""The tables. Times are seconds since 1970 (UTC); clients are hashes, see `clients`."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("content_sha256", String(64), nullable=False),
    Column("competitor_id", String(64), nullable=False),
    Column("suite", String(80), nullable=False),
    Column("suite_digest", String(128), nullable=False),
    Column("suite_tasks", Integer, nullable=False),
    Column("whole_suite", Boolean, nullable=False),  # not a choice of its tasks
    Column("created_at", Float(53), nullable=False),
    Column("published_at", Float(53), nullable=False),
    Column("signed_by", String(16), nullable=False),
    Column("composite", Float(53), nullable=False),
    Column("composite_low", Float(53), nullable=False),
    Column("composite_high", Float(53), nullable=False),
    Column("figures", Text, nullable=False),  # JSON: components and benchmarks
    Column("bundle", LargeBinary, nullable=False),  # as it was published, zlib
    Index("runs_by_suite", "suite", "suite_digest", "competitor_id", "created_at"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("address", String(512), nullable=False),
    Column("transport", String(8), nullable=False),
    Column("license", String(64), nullable=False),
    Column("description", String(300), nullable=False),
    Column("contact", String(254), nullable=False),
    Column("client", String(64), nullable=False),
    Column("created_at", Float(53), nullable=False),
    Index("submissions_by_client", "client", "created_at"),
)

battles = Table(
    "battles",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("prompt", Text, nullable=False),
    Column("left_id", String(64), nullable=False),
    Column("right_id", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("browser", String(64), nullable=False),
    Column("created_at", Float(53), nullable=False),
    Column("expires_at", Float(53), nullable=False),
    Index("battles_by_address", "address", "created_at"),
    Index("battles_by_browser", "browser", "created_at"),
)

answers = Table(
    "answers",
    metadata,
    Column("battle_id", String(40), ForeignKey("battles.id"), primary_key=True),
    Column("side", String(5), primary_key=True),  # `left` or `right`
    Column("begun_at", Float(53), nullable=False),
    Column("complete", Boolean),  # null while it is under way
    Column("digest", String(64)),
    Column("simhash", String(16)),
    Column("words", Integer),
)

votes = Table(
    "votes",
    metadata,
    Column("battle_id", String(40), ForeignKey("battles.id"), primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("address", String(64), nullable=False),
    Column("browser", String(64), nullable=False),
    Column("excluded", String(32), nullable=False),  # why it does not count; empty when it does
    Column("created_at", Float(53), nullable=False),
)

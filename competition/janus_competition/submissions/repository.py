"""Submissions in the database."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import desc, insert, select
from sqlalchemy.exc import IntegrityError

from janus_competition.clients import ClientHash
from janus_competition.quota import require_room
from janus_competition.store.database import Database
from janus_competition.store.tables import submissions
from janus_mesh.errors import Conflict

from .form import Form

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Entered:
    """A stored submission; the contact stays in the database."""

    id: str
    name: str
    address: str
    transport: str
    license: str
    description: str
    created_at: float


class Submissions:
    """Everyone who entered."""

    def __init__(self, database: Database, *, per_day: int) -> None:
        self._database = database
        self._per_day = per_day

    async def add(self, form: Form, client: ClientHash) -> Entered:
        """Raises `RateLimited`, and `Conflict` when the name is taken."""
        now = time.time()
        entered = Entered(
            id=f"sub_{uuid.uuid4().hex}",
            name=form.name,
            address=form.address,
            transport=form.transport,
            license=form.license,
            description=form.description,
            created_at=now,
        )
        row = {name: getattr(entered, name) for name in Entered.__slots__}
        try:
            async with self._database.writing() as connection:
                await require_room(
                    connection,
                    submissions.c.created_at,
                    submissions.c.client == client.address,
                    limit=self._per_day,
                    seconds=_DAY,
                    what="submissions a day",
                )
                await connection.execute(
                    insert(submissions).values(**row, contact=form.contact, client=client.address)
                )
        except IntegrityError:
            raise Conflict(
                f"name: {form.name!r} is entered already", param="name", code="name_taken"
            ) from None
        return entered

    async def newest(self, limit: int) -> Sequence[Entered]:
        columns = [submissions.c[name] for name in Entered.__slots__]
        query = select(*columns).order_by(desc(submissions.c.created_at)).limit(limit)
        async with self._database.reading() as connection:
            return [Entered(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001  # SQLAlchemy's public name

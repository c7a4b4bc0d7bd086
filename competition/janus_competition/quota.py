"""How often one client may do something: counted in the database, so that replicas count together."""

import time

from sqlalchemy import Column, ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from janus_mesh.errors import RateLimited


async def require_room(
    connection: AsyncConnection,
    created_at: Column[float],
    whose: ColumnElement[bool],
    *,
    limit: int,
    seconds: float,
    what: str,
) -> None:
    """Raises `RateLimited` when `limit` rows of this client are younger than `seconds`."""
    since = time.time() - seconds
    query = select(func.count(), func.min(created_at)).where(whose, created_at > since)
    count, oldest = (await connection.execute(query)).one()
    if count >= limit:
        raise RateLimited(f"more than {limit} {what}", retry_after=max(1.0, oldest - since))

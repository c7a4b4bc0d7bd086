"""Qdrant's REST interface, as far as the vector store uses it, over a dictionary."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

Json = dict[str, Any]


class QdrantDouble:
    """One collection; `app` is served, and `points` and `settings` are what it was told."""

    def __init__(self) -> None:
        self.settings: Json | None = None
        self.indexed: list[str] = []
        self.points: dict[str, Json] = {}
        self.keys: set[str | None] = set()
        self.app = FastAPI()
        base = "/collections/janus"
        handlers: dict[tuple[str, str], Callable[[Json], Any]] = {
            ("GET", f"{base}/exists"): lambda _: {"exists": self.settings is not None},
            ("PUT", base): self._make,
            ("PUT", f"{base}/index"): lambda body: self.indexed.append(body["field_name"]),
            ("PUT", f"{base}/points"): self._upsert,
            ("POST", f"{base}/points/query"): self._query,
            ("POST", f"{base}/points/count"): lambda body: {"count": len(self._found(body["filter"]))},
            ("POST", f"{base}/points/delete"): self._delete,
            ("POST", f"{base}/facet"): self._facet,
        }
        for (method, path), handler in handlers.items():
            self.app.add_api_route(path, self._endpoint(handler), methods=[method])

    def _endpoint(self, handler: Callable[[Json], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> JSONResponse:
            self.keys.add(request.headers.get("api-key"))
            body = await request.json() if await request.body() else {}
            return JSONResponse({"result": handler(body), "status": "ok", "time": 0})

        return endpoint

    def _make(self, body: Json) -> bool:
        self.settings = body
        return True

    def _upsert(self, body: Json) -> None:
        self.points |= {point["id"]: point for point in body["points"]}

    def _query(self, body: Json) -> Json:
        scored = [
            {"id": point["id"], "score": _cosine(point["vector"], body["query"]), "payload": point["payload"]}
            for point in self._found(body["filter"])
        ]
        return {"points": sorted(scored, key=lambda point: -point["score"])[: body["limit"]]}

    def _delete(self, body: Json) -> None:
        for point in self._found(body["filter"]):
            del self.points[point["id"]]

    def _facet(self, body: Json) -> Json:
        counted = Counter(point["payload"][body["key"]] for point in self._found(body["filter"]))
        return {"hits": [{"value": value, "count": count} for value, count in counted.items()]}

    def _found(self, wanted: Json) -> list[Json]:
        return [
            point for point in self.points.values() if all(_meets(point, rule) for rule in wanted["must"])
        ]


def _meets(point: Json, rule: Json) -> bool:
    if "has_id" in rule:
        return point["id"] in rule["has_id"]
    return bool(point["payload"][rule["key"]] == rule["match"]["value"])


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))

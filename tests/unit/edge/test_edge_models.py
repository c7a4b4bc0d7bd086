"""The model list: everything that can be asked for by name."""

from typing import Any

import pytest
from support.edge_stack import EdgeStack, running_edge

from janus_proto._gen.janus.router.v1 import router_pb2

REGISTRY = router_pb2.ListCompetitorsResponse(
    default_model="janus",
    competitors=[
        router_pb2.Competitor(
            id="alpha",
            models=["org/fast", "shared"],
            state=router_pb2.COMPETITOR_STATE_UNHEALTHY,
            description="First.",
        ),
        router_pb2.Competitor(
            id="beta", models=["shared"], state=router_pb2.COMPETITOR_STATE_HEALTHY, description="Second."
        ),
    ],
)


async def listed(edge: EdgeStack) -> dict[str, Any]:
    edge.router.registry = REGISTRY
    body = (await edge.client.get("/v1/models")).json()
    assert body["object"] == "list"
    return {model["id"]: model for model in body["data"]}


async def test_the_default_every_competitor_and_every_model_is_listed_once() -> None:
    async with running_edge() as edge:
        assert list(await listed(edge)) == ["janus", "alpha", "org/fast", "shared", "beta"]


async def test_a_model_has_openais_form_and_says_who_stands_behind_it() -> None:
    async with running_edge() as edge:
        assert (await listed(edge))["alpha"] == {
            "id": "alpha",
            "object": "model",
            "created": 0,
            "owned_by": "janus",
            "janus": {"competitor_ids": ["alpha"], "state": "unhealthy", "description": "First."},
        }


async def test_a_shared_model_is_as_well_as_the_best_of_its_competitors() -> None:
    async with running_edge() as edge:
        models = await listed(edge)
    assert models["shared"]["janus"] == {
        "competitor_ids": ["alpha", "beta"],
        "state": "healthy",
        "description": "First. Second.",
    }
    assert models["janus"]["janus"]["competitor_ids"] == ["alpha", "beta"]


@pytest.mark.parametrize("model_id", ["alpha", "org/fast", "org%2Ffast"])
async def test_one_model_is_described_by_its_id_slashes_included(model_id: str) -> None:
    async with running_edge() as edge:
        edge.router.registry = REGISTRY
        response = await edge.client.get(f"/v1/models/{model_id}")
    assert response.status_code == 200
    assert response.json()["id"] == model_id.replace("%2F", "/")


async def test_an_unknown_model_is_404() -> None:
    async with running_edge() as edge:
        response = await edge.client.get("/v1/models/nobody/knows")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


async def test_without_a_router_the_list_is_503() -> None:
    async with running_edge() as edge:
        await edge.stop_router()
        response = await edge.client.get("/v1/models")
    assert response.status_code == 503
    assert response.json()["error"]["type"] == "service_unavailable_error"

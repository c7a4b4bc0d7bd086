"""`GET /v1/models` and `GET /v1/models/{id}`: the registry of the router as OpenAI's model list."""

from fastapi import APIRouter

from janus_mesh.errors import ModelNotFound
from janus_proto._gen.janus.router.v1 import router_pb2

from .openapi import error_statuses
from .router_client import RouterClient
from .schemas import Model, ModelList, ModelOrigin

_DEFAULT_DESCRIPTION = "The router chooses a competitor."
_ERRORS = error_statuses(401, 500, 503, 504)


def model_routes(router: RouterClient) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1", tags=["models"])

    @routes.get("/models", summary="List the models", responses=_ERRORS)
    async def list_models() -> ModelList:
        return ModelList(data=models_of(await router.competitors()))

    @routes.get(
        "/models/{model_id:path}",
        summary="Describe a model",
        description="The id may contain slashes.",
        responses=_ERRORS | error_statuses(404),
    )
    async def describe_model(model_id: str) -> Model:
        if not model_id:
            raise ModelNotFound("the path names no model; did you mean /v1/models?", param="model")
        for model in models_of(await router.competitors()):
            if model.id == model_id:
                return model
        raise ModelNotFound(f"the model {model_id!r} does not exist", param="model")

    return routes


def models_of(registry: router_pb2.ListCompetitorsResponse) -> list[Model]:
    """The default alias, then every competitor's id and models, each name once."""
    behind: dict[str, list[router_pb2.Competitor]] = {}
    if registry.default_model:
        behind[registry.default_model] = list(registry.competitors)
    for competitor in registry.competitors:
        for name in (competitor.id, *competitor.models):
            holders = behind.setdefault(name, [])
            if competitor not in holders:
                holders.append(competitor)
    return [_model(name, holders, name == registry.default_model) for name, holders in behind.items()]


def _model(name: str, holders: list[router_pb2.Competitor], is_default: bool) -> Model:
    described = [competitor.description for competitor in holders if competitor.description]
    return Model(
        id=name,
        janus=ModelOrigin(
            competitor_ids=[competitor.id for competitor in holders],
            state=_best_state(holders),
            description=_DEFAULT_DESCRIPTION if is_default else " ".join(described),
        ),
    )


def _best_state(holders: list[router_pb2.Competitor]) -> str:
    states = [competitor.state for competitor in holders]
    best = router_pb2.COMPETITOR_STATE_HEALTHY
    state = best if best in states else next(iter(states), router_pb2.COMPETITOR_STATE_UNSPECIFIED)
    return router_pb2.CompetitorState.Name(state).removeprefix("COMPETITOR_STATE_").lower()

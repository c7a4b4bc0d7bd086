"""Which backend answers: a provider whose key and base URL are both configured, else the embedded model."""

from contextlib import AbstractAsyncContextManager

from janus_mesh import logs
from janus_platform.embeddings.embedder import Embedder
from janus_platform.pictures.reading import PictureReader
from janus_platform.settings import PlatformSettings

from .backend import Backend
from .embedded.model import EmbeddedModel
from .embedded.runtime import ModelRuntime
from .provider import Endpoint, Provider

log = logs.get("inference")


def choose(
    settings: PlatformSettings, embedder: Embedder | None = None, pictures: PictureReader | None = None
) -> AbstractAsyncContextManager[Backend]:
    """The backend, to be entered with `async with`; the embedded model then loads in the background."""
    endpoint = configured_endpoint(settings)
    if endpoint is None:
        log.info("the embedded demonstration model answers; no provider is configured")
        return EmbeddedModel(
            ModelRuntime(
                slots=settings.embedded_slots,
                context=settings.embedded_context,
                threads=settings.embedded_threads,
            ),
            queue=settings.embedded_queue,
            total_timeout=settings.total_timeout,
            gap_timeout=settings.gap_timeout,
            embedder=embedder,
            pictures=pictures,
        )
    log.info("a provider answers", provider=endpoint.base_url, model=settings.inference_model or None)
    if not settings.inference_model:
        log.warning(
            "JANUS_INFERENCE_MODEL is not set: the provider is asked for the models that callers name"
        )
    return Provider(endpoint, model=settings.inference_model, timeouts=settings)


def configured_endpoint(settings: PlatformSettings) -> Endpoint | None:
    """Chutes wins over OpenAI, whose variables a shell often has for other programs' sake."""
    pairs = (
        ("CHUTES", settings.chutes_api_key.get_secret_value(), settings.chutes_base_url),
        ("OPENAI", settings.openai_api_key.get_secret_value(), settings.openai_base_url),
    )
    for name, key, base_url in pairs:
        if key and base_url:
            return Endpoint(base_url, key)
        if key or base_url:
            missing, given = ("BASE_URL", "API_KEY") if key else ("API_KEY", "BASE_URL")
            log.warning(f"{name}_{given} is not used, because {name}_{missing} is not set")
    return None

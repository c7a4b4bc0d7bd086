"""The gate that the environment describes."""

from janus_mesh import logs
from janus_platform.settings import PlatformSettings

from .caller import Doorkeeper
from .gate import Gate
from .prices import load_prices
from .rates import Rates

log = logs.get("gate")


def configured_gate(settings: PlatformSettings) -> Gate:
    """Raises `OSError` when the price table cannot be used."""
    key = settings.platform_key.get_secret_value()
    if not key:
        log.info("no JANUS_PLATFORM_KEY: callers are not told apart, and nothing is charged")
    return Gate(
        Doorkeeper(key, require_token=settings.platform_require_token),
        Rates(settings.platform_rate, settings.platform_burst),
        load_prices(settings.platform_prices),
    )

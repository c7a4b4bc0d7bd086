"""No gateway: the client calls the mock competitor. What every other target is compared with."""

from pathlib import Path

from janus_bench.mesh.load import Endpoint
from janus_bench.mesh.target import Layout, Provided, Site, Target


def provide(_cache: Path) -> Provided:
    return Provided((), "-")


def arrange(_provided: Provided, site: Site) -> Layout:
    return Layout((), Endpoint(site.mock_port))


TARGET = Target("direct", "client to competitor, no gateway", provide, arrange)

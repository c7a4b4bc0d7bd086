"""LiteLLM's proxy: the gateway that most people compare with. One worker, which is its default."""

import json
import os
import secrets
import sys
from pathlib import Path

from janus_bench.mesh.installation import once, step
from janus_bench.mesh.load import Endpoint
from janus_bench.mesh.processes import Part, free_port
from janus_bench.mesh.target import Layout, Provided, Site, Target

_VERSION = "1.106.2"


def provide(cache: Path) -> Provided:
    folder = once(cache / f"litellm-{_VERSION}", _install)
    return Provided((str(folder / "venv/bin/litellm"),), _VERSION)


def _install(folder: Path) -> None:
    uv = (sys.executable, "-m", "uv")
    step(*uv, "venv", "--python", sys.executable, "venv", cwd=folder)
    step(
        *uv,
        "pip",
        "install",
        "--compile-bytecode",
        "--python",
        "venv/bin/python",
        f"litellm[proxy]=={_VERSION}",
        cwd=folder,
    )


def arrange(provided: Provided, site: Site) -> Layout:
    port = free_port()
    competitor = {
        "model": "openai/bench",
        "api_base": f"http://127.0.0.1:{site.mock_port}/v1",
        "api_key": "sk-bench",
        "max_retries": 0,
    }
    configuration = site.folder / "litellm.json"
    configuration.write_text(
        json.dumps(
            {
                "model_list": [{"model_name": "bench", "litellm_params": competitor}],
                "router_settings": {"num_retries": 0},
            }
        ),
        encoding="utf-8",
    )
    key = f"sk-{secrets.token_hex(24)}"  # it does not start without a strong one
    part = Part(
        "litellm",
        (*provided.command, "--config", str(configuration), "--host", "127.0.0.1", "--port", str(port)),
        port,
        environment={
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it asks the internet for prices at each start
            "LITELLM_LOG": "ERROR",
            "LITELLM_MASTER_KEY": key,
            "PATH": f"{Path(provided.command[0]).parent}:{os.environ.get('PATH', '')}",
        },
        health="/health/liveliness",
        ready_seconds=90,
    )
    return Layout((part,), Endpoint(port, headers={"authorization": f"Bearer {key}"}))


TARGET = Target("litellm", "one hop, one worker", provide, arrange, most_streams=100, slow=True)

"""Stacks of real processes that several test files share."""

from collections.abc import Iterator

import pytest
from support.stack import Stack, running

REGISTRY = """
competitors:
  - id: baseline-agent-cli
    url: {baseline}
    models: [baseline]
"""


@pytest.fixture(scope="session")
def model_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything that `make run` starts, answering with the embedded language model."""
    with running(tmp_path_factory.mktemp("model-stack"), REGISTRY, model=True) as stack:
        stack.wait_for_competitor("baseline-agent-cli")
        yield stack


# bubblewrap, the default, is tested by every test of sandboxes, the others by those marked `every_backend`.
OTHER_BACKENDS = ["gvisor", "podman"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("every_backend")
        names = ["bubblewrap", *(OTHER_BACKENDS if marked else ())]
        metafunc.parametrize("backend", names, scope="session")

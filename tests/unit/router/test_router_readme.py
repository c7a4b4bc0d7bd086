"""The README's table of environment variables is the settings class, no more and no less."""

import re
from pathlib import Path

from pydantic import SecretStr

from janus_mesh.settings import variable_of
from janus_router.settings import RouterSettings

README = Path(__file__).parents[3] / "router" / "README.md"


def test_every_variable_stands_in_the_readme_with_its_default():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:none|`([^`]*)`) \|", README.read_text(), re.MULTILINE))
    fields = RouterSettings.model_fields

    assert rows == {
        variable_of(RouterSettings, name): _written(field.default) for name, field in fields.items()
    }


def _written(default: object) -> str:
    return default.get_secret_value() if isinstance(default, SecretStr) else str(default)

"""The README's table of environment variables is the settings class, no more and no less."""

import re
from pathlib import Path

from janus_mesh.settings import variable_of
from janus_router.settings import RouterSettings

README = Path(__file__).parents[3] / "router" / "README.md"


def test_every_variable_stands_in_the_readme_with_its_default():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]*)` \|", README.read_text(), re.MULTILINE))
    fields = RouterSettings.model_fields

    assert rows == {variable_of(RouterSettings, name): str(field.default) for name, field in fields.items()}

"""Settings that do not depend on the environment of whoever runs the tests."""

from typing import TypeVar

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def as_given(settings: type[SettingsT]) -> type[SettingsT]:
    """The same settings, which read nothing but what they are given."""

    def customised(
        cls: type[BaseSettings],
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        **_: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    return type("Given", (settings,), {"settings_customise_sources": classmethod(customised)})

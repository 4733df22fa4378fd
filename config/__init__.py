"""Settings, and the roles of people: the only reader of the environment and of `passport.toml`."""

from config.roles import Role
from config.settings import (
    AccessSettings,
    ChannelSettings,
    Home,
    QuietHours,
    Settings,
    SettingsError,
    load_settings,
)

__all__ = [
    "AccessSettings",
    "ChannelSettings",
    "Home",
    "QuietHours",
    "Role",
    "Settings",
    "SettingsError",
    "load_settings",
]

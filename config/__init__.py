"""Settings: the only reader of the environment and of `passport.toml`."""

from config.settings import AccessSettings, Home, Settings, load_settings

__all__ = ["AccessSettings", "Home", "Settings", "load_settings"]

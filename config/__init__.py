"""Settings: the only reader of the environment and of `passport.toml`."""

from config.settings import Home, Settings, load_settings

__all__ = ["Home", "Settings", "load_settings"]

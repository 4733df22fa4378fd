"""Where people open the dashboard stands once in the settings, for logins and messages alike."""

from pathlib import Path

import pytest

from config import Settings, SettingsError, load_settings

LOGIN = """
    [access]
    server_metadata_url = "https://sso.example/.well-known/openid-configuration"
    client_id = "passport"
    client_secret_file = "/nowhere/client"
    cookie_secret_file = "/nowhere/cookie"
"""


def settings_of(home: Path, entries: str) -> Settings:
    (home / "passport.toml").write_text(entries, encoding="utf-8")
    return load_settings(home)


def test_the_address_stands_above_the_login_and_ends_without_a_slash(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, f'public_url = "https://passports.example/"{LOGIN}')
    assert settings.public_url == "https://passports.example"


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (LOGIN, "needs public_url"),
        (f'{LOGIN}public_url = "https://passports.example"', "stands above"),
        (f'public_url = "http://passports.example"{LOGIN}', "https://"),
    ],
)
def test_an_address_that_is_missing_misplaced_or_open_is_told(
    tmp_path: Path, entries: str, told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        settings_of(tmp_path, entries)

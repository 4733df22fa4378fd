"""What an installation may set, and where it keeps its things.

Sources, in order of weight: environment variables (`PASSPORT_…`), then `passport.toml` in the
home, then the defaults below.
"""

import os
import tomllib
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.roles import Role
from contract import RECORDS

SETTINGS_FILE = "passport.toml"


class SettingsError(Exception):
    """The settings cannot be used; the message names the file, the entry and the remedy."""


@dataclass(frozen=True)
class Home:
    """The folders of one installation, all below `PASSPORT_HOME`."""

    path: Path

    @property
    def landing(self) -> Path:
        return self.path / "landing"

    @property
    def warehouse(self) -> Path:
        """The private DuckDB file of the writer."""
        return self.path / "warehouse" / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.path / "published"

    @property
    def briefings(self) -> Path:
        return self.path / "briefings"

    @property
    def operations(self) -> Path:
        """The default operations store."""
        return self.path / "operations.sqlite"

    @property
    def dagster(self) -> Path:
        return self.path / "dagster"

    @property
    def dbt_target(self) -> Path:
        return self.path / "dbt"

    @property
    def analyst_docs(self) -> Path:
        """The warehouse's documentation, one HTML file."""
        return self.dbt_target / "docs.html"

    @property
    def writer_lock(self) -> Path:
        return self.path / "writer.lock"


class GateSettings(BaseModel):
    """Shares and factors by which a batch is judged (source contract, "Bad input")."""

    quarantined_share_max: float = 0.05
    repeated_share_max: float = 0.25
    judged_from_rows: int = 200
    volume_factor: float = 5.0
    volume_history_days: int = 14


def _absolute(path: str | Path) -> Path:
    return Path(path).expanduser().absolute()


AbsolutePath = Annotated[Path, BeforeValidator(_absolute)]


class ChannelSettings(BaseModel):
    """One way by which messages leave.

    `email` writes to each person's address and `sms` to each person's telephone; `webhook` tells a
    room once. The address is an Apprise URL and may hold a password: it is a secret, given here,
    by the environment (`PASSPORT_CHANNELS__<NAME>__URL`) or in a file of its own. `standing` are
    who is told where nobody is on duty, and by the watchdog where the store cannot be read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["email", "sms", "webhook"]
    url: SecretStr | None = None
    url_file: AbsolutePath | None = None
    standing: tuple[str, ...] = ()
    language: Literal["en", "ur"] = "en"
    severities: tuple[str, ...] | None = None
    recipient_field: str = "to"
    timeout_seconds: float = Field(default=10, gt=0)

    def address(self) -> str:
        """The Apprise URL, a secret. Raises SettingsError where its file cannot be read or names
        a service that this kind of channel is not."""
        if self.url is not None:
            return self.url.get_secret_value()
        assert self.url_file is not None
        try:
            text = self.url_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"{self.url_file}: the address of a channel cannot be read "
                f"({type(error).__name__}): put its Apprise URL there, readable by this user"
            ) from error
        if not text.startswith(_CHANNEL_SCHEMES[self.kind]):
            raise SettingsError(f"{self.url_file}: {_wrong_scheme(self.kind)}")
        return text

    @model_validator(mode="after")
    def _one_address(self) -> "ChannelSettings":
        if (self.url is None) == (self.url_file is None):
            raise ValueError("give the channel's address either as url or as url_file")
        if self.url and not self.url.get_secret_value().startswith(_CHANNEL_SCHEMES[self.kind]):
            raise ValueError(_wrong_scheme(self.kind))
        return self


_HTTP_SCHEMES = ("json://", "jsons://", "form://", "forms://")
# The services of Apprise that carry a message's key to the receiver, who drops doubles by it.
_CHANNEL_SCHEMES = {
    "email": ("mailto://", "mailtos://"),
    "sms": _HTTP_SCHEMES,
    "webhook": _HTTP_SCHEMES,
}


def _wrong_scheme(kind: str) -> str:
    return f"the address of an {kind} channel begins with {' or '.join(_CHANNEL_SCHEMES[kind])}"


class QuietHours(BaseModel):
    """When who is not on a shift is left in peace, by their own clock. What is critical, and what
    a rule says may not wait for the morning, is told all the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    begin: time = time(22)
    end: time = time(7)


def _encrypted(url: str) -> str:
    address = urlsplit(url)
    is_here = address.hostname in ("127.0.0.1", "localhost")
    if address.scheme != "https" and not (address.scheme == "http" and is_here):
        raise ValueError("must begin with https://, or http:// on the loopback")
    return url.rstrip("/")


EncryptedUrl = Annotated[str, AfterValidator(_encrypted)]


class AccessSettings(BaseModel, frozen=True, extra="forbid"):
    """How people log in: an OpenID Connect provider, and what its ID tokens tell.

    A claim's name may lead into nested claims by dots. `role_names` gives the role for a name
    that the provider uses instead of ours. Secrets are read from files that only this user reads.
    """

    server_metadata_url: EncryptedUrl
    client_id: str
    client_secret_file: AbsolutePath
    cookie_secret_file: AbsolutePath
    role_claim: str = "roles"
    place_claim: str = "places"
    name_claim: str = "preferred_username"
    role_names: dict[str, Role] = {}
    session_hours: float = Field(default=12, gt=0, le=24)
    idle_minutes: float = Field(default=60, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _public_url_moved(cls, entries: dict[str, Any]) -> dict[str, Any]:
        if "public_url" in entries:
            raise ValueError("public_url stands above [access] now, for logins and messages alike")
        return entries

    def client_secret(self) -> str:
        """What this installation proves itself with to the provider. Raises SettingsError."""
        return _secret(self.client_secret_file, 1)

    def cookie_secret(self) -> str:
        """What sessions are signed with. Raises SettingsError."""
        return _secret(self.cookie_secret_file, 32)


def _secret(file: Path, length: int) -> str:
    try:
        if file.stat().st_mode & 0o077:
            raise SettingsError(f"{file}: others can read this secret; `chmod 600` it")
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: this secret cannot be read: {error}") from error
    if len(text) < length:
        raise SettingsError(f"{file}: a secret of {length} characters or more is needed")
    return text


class Settings(BaseSettings):
    """One installation.

    `sources` maps a record's name, or `default`, to a URL; `simulated` says that no real system
    stands behind them, which every page and briefing then tells. `public_url` is where people open
    the dashboard: what a message's link begins with, and where a login returns to. Without `access`
    nobody logs in and pages answer on the loopback only.
    """

    model_config = SettingsConfigDict(
        env_prefix="PASSPORT_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home_path: AbsolutePath
    authority_timezone: str = "Asia/Karachi"
    sources: dict[str, str] = {}
    simulated: bool = False
    overlap_minutes: int = 15
    live_publish_minutes: int = 5
    nightly_overlap_hours: int = 48
    process_months: int = 12
    memory_limit_mb: int = 4096
    threads: int = 2
    operations_url: str | None = None
    pseudonym_key_file: AbsolutePath = Field(
        default=Path("~/.config/passport-dashboard/pseudonym.key"), validate_default=True
    )
    gate: GateSettings = GateSettings()
    public_url: EncryptedUrl = "http://127.0.0.1:8501"
    channels: dict[str, ChannelSettings] = {}
    quiet_hours: QuietHours = QuietHours()
    access: AccessSettings | None = None

    @property
    def home(self) -> Home:
        return Home(self.home_path)

    def source_of(self, record: str) -> str | None:
        """The URL a record is read from; None where this installation has no source for it."""
        return self.sources.get(record, self.sources.get("default"))

    def store_url(self) -> str:
        """The SQLAlchemy URL of the operations store."""
        return self.operations_url or f"sqlite:///{self.home.operations}"

    @field_validator("sources")
    @classmethod
    def _known_records(cls, sources: dict[str, str]) -> dict[str, str]:
        for name, url in sources.items():
            if name != "default" and name not in RECORDS:
                raise ValueError(f"no record is called {name!r}; records: {', '.join(RECORDS)}")
            if not url.startswith(("postgresql://", "file://")):
                raise ValueError(f"source of {name} must begin with postgresql:// or file://")
        return sources

    @model_validator(mode="after")
    def _login_returns_somewhere(self) -> Self:
        if self.access and "public_url" not in self.model_fields_set:
            raise ValueError("[access] needs public_url, the address that people open")
        return self

    @field_validator("authority_timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        ZoneInfo(name)
        return name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment outweighs `passport.toml`, which `load_settings` hands in."""
        return env_settings, init_settings


def load_settings(home: Path | None = None) -> Settings:
    """The settings of the installation in `home` (default: `PASSPORT_HOME`, else `./data`).

    Raises SettingsError where `passport.toml` cannot be read or an entry is wrong.
    """
    path = _absolute(home or os.environ.get("PASSPORT_HOME", "data"))
    file = path / SETTINGS_FILE
    entries: dict[str, Any] = {}
    if file.exists():
        try:
            entries = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{file}: cannot be read as TOML: {error}") from error
    try:
        return Settings(**{**entries, "home_path": path})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"{file}: {faults}") from error

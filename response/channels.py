"""The ways by which a message leaves, by Apprise: e-mail, SMS gateway or webhook over HTTP.

At least once: a message carries its key, in the header `Idempotency-Key` and over HTTP in the field
`key` too, so that the receiver can drop doubles. Apprise neither retries nor remembers; the outbox
does. Its services are named here one by one: to look one up by its name it would import all 150.
"""

import hashlib
import html
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apprise
from apprise.attachment.file import AttachFile
from apprise.plugins.custom_form import NotifyForm
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.email import NotifyEmail

from config import ChannelSettings

KEY_HEADER = "Idempotency-Key"
_ASSET = apprise.AppriseAsset(app_id="Passport Dashboard")
_SERVICES = {"mailto": NotifyEmail, "form": NotifyForm, "json": NotifyJSON}
_RIGHT_TO_LEFT = {"ur"}


class SendError(Exception):
    """A channel did not take a message; says what the channel answered, never its address."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message: where it lies, what the receiver sees it called, and the
    SHA-256 of what was meant."""

    file: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Message:
    """What is sent to one recipient: plain text in one language, `short` where signs are dear.

    `recipient` is an e-mail address or a telephone number, empty for a webhook. Files go by e-mail
    and webhook; a telephone gets none.
    """

    key: str
    recipient: str
    title: str
    body: str
    short: str
    language: str
    attachments: tuple[Attachment, ...] = ()


def send(channel: ChannelSettings, message: Message) -> None:
    """Hand a message to its channel, within the channel's timeout for each step of the talk.

    Raises SendError where the channel does not take it, or a file is not what was to be sent.
    """
    files = [] if channel.kind == "sms" else [_attached(one) for one in message.attachments]
    heard = _Heard()
    logger = logging.getLogger("apprise")
    logger.addHandler(heard)
    try:
        taken = _notify(channel, message, files)
    except (apprise.exception.AppriseException, TypeError, ValueError, OSError) as error:
        raise SendError(f"{type(error).__name__}: its address cannot be used") from error
    finally:
        logger.removeHandler(heard)
    if not taken:
        raise SendError("; ".join(heard.words) or "it took nothing and said nothing")


def _attached(attachment: Attachment) -> AttachFile:
    try:
        content = Path(attachment.file).read_bytes()
    except OSError as error:
        raise SendError(
            f"{attachment.name} cannot be read ({type(error).__name__}): {attachment.file}"
        ) from error
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        raise SendError(f"{attachment.name} is not as it was archived: {attachment.file}")
    return AttachFile(attachment.file, name=attachment.name)  # type: ignore[no-untyped-call]


def _notify(channel: ChannelSettings, message: Message, files: list[AttachFile]) -> bool:
    address = channel.address()
    service = _SERVICES[address.split(":")[0].removesuffix("s")]
    parts: dict[str, Any] | None = service.parse_url(address)  # type: ignore[attr-defined]
    if not parts:
        raise ValueError("no Apprise URL")
    parts |= {"cto": channel.timeout_seconds, "rto": channel.timeout_seconds, "asset": _ASSET}
    parts["headers"] = {**parts["headers"], KEY_HEADER: message.key}
    if channel.kind == "email":
        parts["targets"] = [message.recipient]
        body, body_format = _as_html(message), apprise.NotifyFormat.HTML
    else:
        extras = {"key": message.key, "language": message.language}
        if message.recipient:
            extras[channel.recipient_field] = message.recipient
        parts["payload"] = {**parts["payload"], **extras}
        body = message.short if channel.kind == "sms" else message.body
        body_format = apprise.NotifyFormat.TEXT
    sent = service(**parts).notify(
        body=body, title=message.title, body_format=body_format, attach=files or None
    )
    return bool(sent)


def _as_html(message: Message) -> str:
    direction = "rtl" if message.language in _RIGHT_TO_LEFT else "ltr"
    lines = "<br>\n".join(html.escape(line) for line in message.body.splitlines())
    return f'<div lang="{message.language}" dir="{direction}">{lines}</div>'


class _Heard(logging.Handler):
    """What Apprise warns of while this thread sends; several channels send at once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.words.append(record.getMessage())

"""A receiver for the tests as a process of its own, and the channels that lead to it."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config import ChannelSettings

_SINKS = Path(__file__).with_name("sinks.py")


@dataclass
class Sink:
    """A receiver in a process of its own, which may be stopped and started on the same port."""

    kind: str
    file: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None
    seen: int = field(default=0)

    def start(self) -> "Sink":
        self.file.touch()
        self.process = subprocess.Popen(
            [sys.executable, str(_SINKS), self.kind, str(self.file), str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def new(self) -> list[dict[str, Any]]:
        """What arrived since it was asked last."""
        lines = self.file.read_text(encoding="utf-8").splitlines()
        fresh, self.seen = lines[self.seen :], len(lines)
        return [json.loads(line) for line in fresh]


def mail_channel(smtp: Sink, **more: Any) -> ChannelSettings:
    return ChannelSettings(
        kind="email",
        url=f"mailto://127.0.0.1:{smtp.port}?from=alerts@example.org&smtp=127.0.0.1",
        **{"timeout_seconds": 5, **more},
    )


def http_channel(http: Sink, kind: str, path: str = "/hook", **more: Any) -> ChannelSettings:
    return ChannelSettings(
        kind=kind,  # type: ignore[arg-type]
        url=f"json://127.0.0.1:{http.port}{path}",
        **{"timeout_seconds": 5, **more},
    )

"""Receivers for the tests, each a process on the loopback: `python sinks.py smtp|http FILE PORT`.

What arrives is one line of JSON in FILE. An HTTP path that begins with `/hang` is never answered,
one that begins with `/refuse` is refused. The port is printed when it listens.
"""

import asyncio
import email
import email.policy
import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

FILE = Path(sys.argv[2])


def keep(entry: dict[str, Any]) -> None:
    with FILE.open("a", encoding="utf-8") as out:
        out.write(json.dumps(entry) + "\n")


class Mail:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message: Any = email.message_from_bytes(envelope.content, policy=email.policy.default)
        keep(
            {
                "to": envelope.rcpt_tos,
                "title": message["subject"],
                "key": message["idempotency-key"],
                "text": message.get_body(("plain",)).get_content(),
                "html": message.get_body(("html",)).get_content(),
                "files": [
                    {
                        "name": part.get_filename(),
                        "type": part.get_content_type(),
                        "sha256": hashlib.sha256(part.get_content()).hexdigest(),
                    }
                    for part in message.iter_attachments()
                ],
            }
        )
        return "250 OK"


async def serve_smtp(port: int) -> None:
    from aiosmtpd.smtp import SMTP

    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Mail(), hostname="localhost"), "127.0.0.1", port
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


class Http(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        if self.path.startswith("/hang"):
            threading.Event().wait(60)
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        is_json = self.headers["content-type"].startswith("application/json")
        fields = json.loads(body) if is_json else {k: v[0] for k, v in parse_qs(body).items()}
        is_refused = self.path.startswith("/refuse")
        if not is_refused:
            keep({"path": self.path, "key": self.headers["idempotency-key"], **{"fields": fields}})
        self.send_response(503 if is_refused else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


if __name__ == "__main__":
    if sys.argv[1] == "smtp":
        asyncio.run(serve_smtp(int(sys.argv[3])))
    else:
        http = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3])), Http)
        http.daemon_threads = True
        print(http.server_port, flush=True)  # noqa: T201
        http.serve_forever()

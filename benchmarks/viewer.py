"""A viewer of the dashboard without a browser: Streamlit's own protocol on a websocket.

Protocol buffers of the installed streamlit package, as its front end sends and reads them.
"""

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

# What a page may take before the viewer gives up.
PATIENCE_SECONDS = 120.0
_DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(frozen=True)
class Answer:
    """One run of a page: seconds from asking to its last message, bytes received, all words as they
    were sent, and what went wrong ("" where nothing did)."""

    seconds: float
    size: int
    words: bytes
    fault: str

    def shows(self, text: str) -> bool:
        """True where the page says this; marks in it stand as Markdown writes them."""
        return text.encode() in self.words.replace(b"\\", b"")


class Viewer:
    """One browser tab at `page` of the dashboard that listens at `port`, with the address's
    `asked`. Use it as an asynchronous context."""

    def __init__(self, port: int, page: str, asked: dict[str, str]) -> None:
        self._url = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._origin = f"http://127.0.0.1:{port}"
        self._page = page
        self._query = urlencode(asked)
        self._fragment = ""
        self._socket: ClientConnection

    async def __aenter__(self) -> "Viewer":
        self._socket = await connect(
            self._url,
            origin=self._origin,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
            ping_interval=None,
            open_timeout=PATIENCE_SECONDS,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._socket.close()

    async def open(self) -> Answer:
        """The page as a new tab asks for it, or once more as a whole."""
        asked = BackMsg()
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_name = self._page
        return await self._run(asked)

    async def refresh(self) -> Answer:
        """The part of the page that refreshes by itself, as its clock asks for it."""
        if not self._fragment:
            raise RuntimeError(f"{self._page} has no part that refreshes by itself")
        asked = BackMsg()
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_name = self._page
        asked.rerun_script.fragment_id = self._fragment
        asked.rerun_script.is_auto_rerun = True
        return await self._run(asked)

    async def _run(self, asked: BackMsg) -> Answer:
        began = time.perf_counter()
        await self._socket.send(asked.SerializeToString())
        parts: list[bytes] = []
        fault = ""
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                content = await self._socket.recv(decode=False)
            message = ForwardMsg.FromString(content)
            parts.append(content)
            match message.WhichOneof("type"):
                case "auto_rerun":
                    self._fragment = message.auto_rerun.fragment_id
                case "delta" if message.delta.new_element.HasField("exception"):
                    fault = message.delta.new_element.exception.message or "an exception"
                case "page_not_found":
                    fault = "page not found"
                case "script_finished":
                    if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                        continue
                    if message.script_finished not in _DONE:
                        fault = "the script does not compile"
                    seconds = time.perf_counter() - began
                    words = b"".join(parts)
                    return Answer(seconds, len(words), words, fault)

"""Deep links survive a login: the page that was asked for waits in a cookie until the provider
sends the reader back."""

from http.cookies import SimpleCookie
from urllib.parse import quote, unquote, urlsplit

from page_list import PAGES
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "return_to"
CALLBACK = "/oauth2callback"
_MINUTES = 15
_LONGEST = 1500
_KNOWN = frozenset(f"/{row.name}" for row in PAGES)


def is_page(target: str) -> bool:
    """True for the path of a page of ours, with or without filters; never for another place."""
    parts = urlsplit(target)
    return parts.path in _KNOWN and not parts.netloc and len(target) <= _LONGEST


class ReturnTo:
    """ASGI middleware: notes a page that is opened, and leads there after the login."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        asked = f"{scope['path']}?{query}" if query else scope["path"]

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if is_page(asked):
                    headers.append("set-cookie", _cookie(quote(asked, safe=""), _MINUTES * 60))
                elif scope["path"] == CALLBACK and "location" in headers:
                    waiting = _waiting(Headers(scope=scope))
                    if waiting:
                        headers["location"] = waiting
                        headers.append("set-cookie", _cookie("", 0))
            await send(message)

        await self._app(scope, receive, send_on)


def _waiting(headers: Headers) -> str | None:
    cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    target = unquote(cookie.value) if cookie else ""
    return target if is_page(target) else None


def _cookie(value: str, seconds: int) -> str:
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"

"""What `streamlit run streamlit_app/server.py` serves: the pages, the login where there is one, the
fonts, and the analysts' documentation.

The documentation is one file that `passport serve` makes from the dbt project. It holds no data,
and may ask for nothing outside itself.
"""

from typing import Any

from return_to import ReturnTo
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.starlette import App

from config import AccessSettings, load_settings
from reports.charts.figure import FONTS

_ITSELF_ALONE = "default-src 'none'; img-src data:; font-src data:; " + "; ".join(
    f"{kind}-src 'unsafe-inline' 'unsafe-eval'" for kind in ("script", "style")
)


def docs(_: Request) -> Response:
    """The documentation, or where it comes from."""
    file = load_settings().home.analyst_docs
    if not file.exists():
        return PlainTextResponse("Not made yet: `passport serve` makes it.", status_code=404)
    return FileResponse(
        file, media_type="text/html", headers={"Content-Security-Policy": _ITSELF_ALONE}
    )


def font(request: Request) -> Response:
    """A font of ours, so that no page asks for one elsewhere."""
    file = FONTS / request.path_params["name"]
    if file.suffix != ".ttf" or file.parent != FONTS or not file.is_file():
        return PlainTextResponse("There is no such font.", status_code=404)
    return FileResponse(file, headers={"Cache-Control": "max-age=86400"})


def login(access: AccessSettings, public_url: str) -> dict[str, Any]:
    """What Streamlit's login takes, as its secrets. They stay in the memory of this process.

    Whoever has to log in again proves who they are again: the provider's own session, which may
    be longer than ours, does not do.
    """
    return {
        "auth": {
            "redirect_uri": f"{public_url}/oauth2callback",
            "cookie_secret": access.cookie_secret(),
            "client_id": access.client_id,
            "client_secret": access.client_secret(),
            "server_metadata_url": access.server_metadata_url,
            "client_kwargs": {"scope": "openid profile email", "prompt": "login"},
        }
    }


_settings = load_settings()
app = App(
    "streamlit_app.py",
    routes=[Route("/docs", docs), Route("/fonts/{name}", font)],
    middleware=[Middleware(ReturnTo)] if _settings.access else [],
    secrets=login(_settings.access, _settings.public_url) if _settings.access else None,
)

"""What `streamlit run streamlit_app/server.py` serves: the pages, and the analysts' documentation.

The documentation is one file that `passport serve` makes from the dbt project. It holds no data,
and may ask for nothing outside itself.
"""

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.starlette import App

from config import load_settings

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


app = App("streamlit_app.py", routes=[Route("/docs", docs)])

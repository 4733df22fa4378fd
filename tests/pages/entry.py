"""Where the dashboard begins: its pages, and what serves them."""

from pathlib import Path

ENTRY = Path(__file__).parents[2] / "streamlit_app" / "streamlit_app.py"
SERVER = ENTRY.with_name("server.py")

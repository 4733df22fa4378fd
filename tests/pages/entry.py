"""Where the dashboard begins."""

from pathlib import Path

ENTRY = Path(__file__).parents[2] / "streamlit_app" / "streamlit_app.py"

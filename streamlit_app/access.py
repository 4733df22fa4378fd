"""Who reads, and which places they may see. For now: development mode, on this machine only."""

import streamlit as st

from reports.broker import Scope

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def scope_of_reader() -> Scope:
    """The places that this session may see. Stops the page where no login protects it and the
    server can be reached from elsewhere."""
    address = st.get_option("server.address")
    if address not in _LOOPBACK:
        st.error(
            "Development mode has no login, so it answers on the loopback address only. "
            "Start the dashboard with `--server.address 127.0.0.1`."
        )
        st.stop()
    return Scope("all")


def label_development_mode() -> None:
    """Says beside the title of every page that nobody logged in."""
    st.badge("Development mode: no login, all places, this machine only", color="orange")

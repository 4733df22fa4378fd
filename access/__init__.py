"""Who may see what, and who did what: roles and places from a login, sessions and their end,
revocation, and the log that cannot be changed unseen.

Knows neither Streamlit nor a page; pages ask it, the command line verifies the log.
"""

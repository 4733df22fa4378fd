"""What people read: facts of a publication, charts, exports and briefings.

Everything here asks one open publication through `reports.broker`, with a scope. Pages
(`streamlit_app`) and briefings use the same facts and charts, so they cannot disagree.
"""

"""The dashboard: an entry file, pages in `app_pages/`, and what all pages share beside them.

Streamlit runs the files here as scripts with this folder on the path, so pages import `access`
and `page_parts` by their bare names.
"""

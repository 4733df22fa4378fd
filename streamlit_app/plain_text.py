"""Data as text: what comes from tables never formats a page or loads a link."""

_PUNCTUATION = str.maketrans({mark: f"\\{mark}" for mark in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"})


def plain(text: str) -> str:
    """Text as Markdown that shows exactly this text."""
    return text.translate(_PUNCTUATION)

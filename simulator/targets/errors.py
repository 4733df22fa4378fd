"""What can go wrong with a target."""


class TargetError(Exception):
    """The target cannot be written; the message says what to change."""

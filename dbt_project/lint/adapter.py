"""Stands for dbt's adapter while sqlfluff reads the models, since no warehouse is there to ask."""

from collections.abc import Callable


def dispatch(macro: str, package: str) -> Callable[..., str]:
    """A dispatched macro as a function of its first argument: enough to parse what surrounds it."""
    return lambda first, *others: f"{macro}({first})"

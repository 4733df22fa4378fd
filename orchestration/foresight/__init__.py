"""The step between build and publication: what lies ahead, from the warehouse into `insight`.

Each module reads what a pure function of the room `insight` asks for, calls it, and writes what it
gives. Nothing here reads a clock: now and the authority's day are those of the build.
"""

from orchestration.foresight.step import foresee

__all__ = ["foresee"]

"""Builds and publishes the same data until killed: HOME, and a name for the runs."""

import itertools
import sys
from datetime import UTC
from pathlib import Path

from small_home import AS_OF, settings_in, write_warehouse

from orchestration.ledger import open_store
from orchestration.lock import writer_lock
from orchestration.publish import publish
from orchestration.run_context import RunContext


def main() -> None:
    settings = settings_in(Path(sys.argv[1]))
    store = open_store(settings)
    for number in itertools.count():
        run = RunContext(f"{sys.argv[2]}-{number}", AS_OF.replace(tzinfo=UTC), "publish")
        with writer_lock(settings.home.writer_lock, "publish"):
            write_warehouse(settings, run.run_id)
            publish(settings, store, run)


if __name__ == "__main__":
    main()

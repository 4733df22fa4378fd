"""For each line read, a child that builds and publishes the same data in HOME until killed.

Prints the child's process id; forking spares each child the imports.
"""

import os
import sys
from datetime import UTC
from pathlib import Path

from small_home import AS_OF, settings_in, write_warehouse

from orchestration.ledger import open_store
from orchestration.lock import writer_lock
from orchestration.publish import publish
from orchestration.run_context import RunContext


def publish_forever(home: Path, name: str) -> None:
    settings = settings_in(home)
    store = open_store(settings)
    for number in range(1000):
        run = RunContext(f"{name}-{number}", AS_OF.replace(tzinfo=UTC), "publish")
        with writer_lock(settings.home.writer_lock, "publish"):
            write_warehouse(settings, run.run_id)
            publish(settings, store, run)


def main() -> None:
    for number, _ in enumerate(sys.stdin):
        child = os.fork()
        if child == 0:
            publish_forever(Path(sys.argv[1]), f"child-{number}")
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()

"""What the assets of a run share: the writer's lock, the open store, and the run's now."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import dagster as dg

from config import load_settings
from orchestration.defs.rounds import moment_of
from orchestration.run import Writer, writer
from orchestration.run_context import RunContext

OWNERS = ["team:data-engineering"]
# All steps that write share a pool of one slot (dagster.yaml), so runs queue instead of waiting.
WRITER_POOL = "writer"
# One hourly run may be late, two may not.
HOURLY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=3), warn_window=timedelta(hours=2)
)


class WriterResource(dg.ConfigurableResource):
    """Holds the writer's lock from a run's first step to its last (one process runs all steps).

    `until` is the run's "now" in ISO 8601; left empty, it is the moment the run was created.
    """

    until: str = ""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["WriterResource"]:
        settings = load_settings()
        assert context.run is not None and context.instance is not None and context.log is not None
        run = RunContext(context.run.run_id, self._now(context), context.run.job_name)
        with writer(settings, run, context.log.info) as writing_run:
            self._writing_run = writing_run
            yield self

    @property
    def writing_run(self) -> Writer:
        return self._writing_run

    def _now(self, context: dg.InitResourceContext) -> datetime:
        if moment := moment_of(self.until):
            return moment
        record = context.instance.get_run_record_by_id(context.run.run_id)
        return record.create_timestamp if record else datetime.now(UTC)


resources = {"writer": WriterResource()}

"""What is done each hour and what each night, in one transaction."""

from contextlib import closing

from config import Settings
from orchestration import warehouse
from orchestration.foresight.forecasts import write_forecasts
from orchestration.foresight.moment import moment_of
from orchestration.foresight.redistributions import write_redistributions
from orchestration.foresight.risks import learn_risks, write_risks
from orchestration.run_context import RunContext


def foresee(settings: Settings, run: RunContext) -> None:
    """Fill the schema `insight` from the warehouse as built.

    Every run scores the open cases; the night, a load, a rebuild, and the first run of a home also
    learn, forecast and recommend. The caller holds the writer's lock.
    """
    with closing(warehouse.connect(settings)) as connection:
        connection.execute("begin")
        moment = moment_of(connection)
        has_learned = connection.execute("select 1 from insight.learned").fetchone()
        if not run.is_quick or not has_learned:
            write_forecasts(connection, moment)
            learn_risks(connection, moment)
            write_redistributions(connection, moment)
        write_risks(connection, moment)
        connection.execute("commit")

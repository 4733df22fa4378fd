"""An analyst's trial tells which published figures move, of tables and of views."""

import shutil
from contextlib import closing
from pathlib import Path

import duckdb
from small_home import CASES, small_home

from orchestration.trial import Moved, compare


def test_a_trial_tells_the_rows_and_columns_that_move(tmp_path: Path) -> None:
    original = small_home(tmp_path / "home").home.warehouse
    with closing(duckdb.connect(original)) as db:
        # dbt's views name the warehouse
        db.execute("alter table reporting.rpt_load rename to loads")
        db.execute("create view reporting.rpt_load as from warehouse.reporting.loads")
    copy = tmp_path / "copy" / original.name
    copy.parent.mkdir()
    shutil.copy(original, copy)
    assert compare(original, copy) == []
    with closing(duckdb.connect(copy)) as db:
        db.execute("update reporting.loads set rows_read = rows_read + 1")
        db.execute("delete from reporting.rpt_applications where application_id = 'A000007'")
    assert compare(original, copy) == [
        Moved("rpt_applications", CASES, CASES - 1, 0, 1, {}),
        Moved("rpt_load", 1, 1, 0, 0, {"rows_read": 1}),
    ]

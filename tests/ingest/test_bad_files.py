"""A file that cannot be trusted is refused whole, with the reason; the others go on."""

import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from ingest_world import Installation, csv_text, installation_in, tokens

GOOD = csv_text(tokens(3))
LINES = GOOD.splitlines(keepends=True)


def parquet_bytes(text: str) -> bytes:
    sink = io.BytesIO()
    names = text.splitlines()[0].split(",")
    options = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True
    )
    pq.write_table(pyarrow.csv.read_csv(io.BytesIO(text.encode()), convert_options=options), sink)
    return sink.getvalue()


# ending of the name, content, a word of the reason
BAD_FILES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("csv", b"", "empty"),
    "cut off in a row": ("csv", GOOD[:-5].encode(), "newline"),
    "NUL": ("csv", GOOD.replace("PK-1", "PK\0", 1).encode(), "NUL"),
    "UTF-16": ("csv", GOOD.encode("utf-16"), "UTF-8"),
    "Latin-1": ("csv", GOOD.replace("PK-1", "Köln", 1).encode("latin-1"), "UTF-8"),
    "missing column": ("csv", GOOD.replace("office_code", "office", 1).encode(), "office_code"),
    "other separator": ("csv", GOOD.replace(",", ";").encode(), "token_id"),
    "no header": ("csv", "".join(LINES[1:]).encode(), "no header"),
    "column named twice": (
        "csv",
        GOOD.replace("office_code", "token_id", 1).encode(),
        "token_id",
    ),
    "a field too many": ("csv", (GOOD[:-1] + ",more\n").encode(), "line 4"),
    "a field too few": ("csv", (GOOD + "only\n").encode(), "line 5"),
    "open quote": ("csv", (GOOD + '"open' + "," * (LINES[0].count(",")) + "\n").encode(), "quot"),
    "no timestamp anywhere": (
        "csv",
        GOOD.replace("2026-03-10T", "10.03.2026 ").encode(),
        "could a value be cast",
    ),
    "times without an offset": ("csv", GOOD.replace("Z", "").encode(), "could a value be cast"),
    "truncated gzip": ("csv.gz", gzip.compress(GOOD.encode())[:-12], "gzip"),
    "not gzip": ("csv.gz", GOOD.encode(), "gzip"),
    "gzip of another encoding": ("csv.gz", gzip.compress(GOOD.encode("utf-16")), "UTF-8"),
    "truncated Parquet": ("parquet", parquet_bytes(GOOD)[:-40], "Parquet"),
    "damaged Parquet": (
        "parquet",
        b"PAR1" + b"\x15" * 400 + parquet_bytes(GOOD)[-404:],
        "Parquet",
    ),
    "CSV named Parquet": ("parquet", GOOD.encode(), "Parquet"),
    "unknown ending": ("xlsx", GOOD.encode(), "ends in none"),
}


@pytest.fixture(scope="module")
def all_bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One run over a drop that holds every bad file."""
    made = installation_in(tmp_path_factory.mktemp("all_bad"))
    for case, (ending, content, _) in BAD_FILES.items():
        made.put("queue_tokens", f"{case}.{ending}", content)
    result = made.run(records=["queue_tokens"])["queue_tokens"]
    assert (result.state, result.batches) == ("held", [])
    yield made
    made.store.dispose()


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_its_reason(all_bad: Installation, case: str) -> None:
    ending, _, reason = BAD_FILES[case]
    (entry,) = [e for e in all_bad.ledger("files") if e["name"] == f"{case}.{ending}"]
    assert entry["verdict"] == "refused"
    assert reason in entry["reason"]


def test_nothing_of_a_bad_file_is_loaded(all_bad: Installation) -> None:
    assert all_bad.rows("queue_tokens", "true") == []


def test_a_file_cut_off_after_its_header_is_refused_by_its_manifest(
    installation: Installation,
) -> None:
    """Without a manifest a file without rows is whole: nothing happened."""
    installation.put("queue_tokens", "a.csv", LINES[0])
    installation.put("queue_tokens", "a.csv.manifest.json", '{"rows": 3}')
    installation.put("queue_tokens", "quiet.csv", LINES[0])
    result = installation.run()["queue_tokens"]
    assert "a.csv is refused: a.csv has 0 rows, its manifest says 3" in result.message
    assert result.state == "held"
    verdicts = {entry["name"]: entry["verdict"] for entry in installation.ledger("files")}
    assert verdicts == {"a.csv": "refused", "quiet.csv": "loaded"}
    installation.put("queue_tokens", "a.csv", GOOD)
    assert installation.run()["queue_tokens"].state == "ok"
    assert len(installation.rows("queue_tokens")) == 3


def test_other_files_go_on_and_a_refused_one_is_tried_again_when_it_changes(
    installation: Installation,
) -> None:
    installation.put("queue_tokens", "bad.csv", GOOD[:-5])
    installation.put("queue_tokens", "good.csv", tokens(3, office="PK-2"))
    installation.run(records=["queue_tokens"])
    assert len(installation.rows("queue_tokens")) == 3

    again = installation.run(records=["queue_tokens"])["queue_tokens"]
    assert again.batches == []
    assert again.message == ""

    installation.put("queue_tokens", "bad.csv", GOOD)
    installation.run(records=["queue_tokens"])
    assert len(installation.rows("queue_tokens")) == 6


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_every_kind_of_file_gives_the_same_rows(
    make_installation: Callable[[], Installation], ending: str
) -> None:
    content = {
        "csv": GOOD.encode(),
        "csv.gz": gzip.compress(GOOD.encode()),
        "parquet": parquet_bytes(GOOD),
    }[ending]
    one, other = make_installation(), make_installation()
    one.put("queue_tokens", f"a.{ending}", content)
    other.put("queue_tokens", "a.csv", GOOD)
    for installation in (one, other):
        installation.run(records=["queue_tokens"])
    assert len(one.content("queue_tokens")) == 3
    assert one.content("queue_tokens") == other.content("queue_tokens")


def test_links_are_not_followed(installation: Installation, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(GOOD)
    (installation.drop / "queue_tokens").mkdir()
    (installation.drop / "queue_tokens" / "link.csv").symlink_to(outside)
    installation.run(records=["queue_tokens"])
    (entry,) = installation.ledger("files")
    assert (entry["verdict"], installation.rows("queue_tokens")) == ("refused", [])


def test_a_name_with_a_pattern_in_it_is_one_file(installation: Installation) -> None:
    installation.put("queue_tokens", "a[1]*.csv", tokens(2))
    installation.put("queue_tokens", "a1.csv", tokens(3, office="PK-3"))
    result = installation.run(records=["queue_tokens"])["queue_tokens"]
    assert sum(batch.rows_read for batch in result.batches) == 5


def test_unknown_columns_are_ignored_and_reported_once(installation: Installation) -> None:
    installation.put("queue_tokens", "a.csv", [{**made, "mood": "good"} for made in tokens(2)])
    installation.run(records=["queue_tokens"])
    (state,) = installation.ledger("source_states")
    assert state["unknown_columns"] == "mood"
    assert "mood" not in installation.rows("queue_tokens")[0]


def test_a_drop_that_is_gone_fails_the_record_and_a_missing_folder_is_absent(
    installation: Installation,
) -> None:
    assert installation.run(records=["queue_tokens"]) == {}
    gone = installation.with_source("file:///nowhere/at/all")
    result = gone.run(records=["queue_tokens"])["queue_tokens"]
    assert result.state == "failed"
    assert "/nowhere/at/all" in result.message

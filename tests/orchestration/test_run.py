"""A run tells how it ended, and the long one ends between two ticks."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from small_home import settings_in

from orchestration import run
from orchestration.extract import RecordResult
from orchestration.health import last_run, reading


@pytest.fixture
def own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The handlers that a test sets are its own; nobody is told by the way."""
    monkeypatch.setattr(run, "tell", lambda _: None)
    monkeypatch.setattr(run, "_TURN_OF_OTHERS", timedelta(0))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_live_run_that_is_told_to_end_finishes_its_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_signals: None
) -> None:
    ticks: list[str] = []

    def tick(*arguments: object) -> str:
        ticks.append("begun")
        if len(ticks) > 1:
            os.kill(os.getpid(), signal.SIGTERM)
            ticks.append("went on")
        return "done"

    monkeypatch.setattr(run, "execute", tick)
    monkeypatch.setattr(run, "look", tick)
    said: list[str] = []
    reported: list[object] = []
    run.live(settings_in(tmp_path), timedelta(milliseconds=1), said.append, reported.append)
    assert ticks == ["begun", "begun", "went on"]
    assert reported == ["done", "done"]
    assert said == ["told to end: the tick in progress is finished first"]


def test_between_publications_a_live_run_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_signals: None
) -> None:
    ticks: list[str] = []

    def tick(kind: str) -> Callable[..., str]:
        def work(*_: object) -> str:
            ticks.append(kind)
            if len(ticks) == 3:
                raise OSError("a full disk")
            if len(ticks) == 5:
                os.kill(os.getpid(), signal.SIGTERM)
            return kind

        return work

    monkeypatch.setattr(run, "execute", tick("whole"))
    monkeypatch.setattr(run, "look", tick("look"))
    reported: list[object] = []
    settings = settings_in(tmp_path)
    run.live(settings, timedelta(milliseconds=1), lambda line: None, reported.append)
    # after one that failed the next is whole, as the first is
    assert ticks == ["whole", "look", "look", "whole", "look"]
    always = settings.model_copy(update={"live_publish_minutes": 0})
    ticks[:] = ["", "", ""]
    run.live(always, timedelta(milliseconds=1), lambda line: None, reported.append)
    assert ticks[3:] == ["whole", "whole"]


def test_a_tick_that_fails_is_reported_and_the_next_one_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_signals: None
) -> None:
    reported: list[object] = []

    def tick(*arguments: object) -> str:
        if not reported:
            raise OSError("a full disk")
        os.kill(os.getpid(), signal.SIGTERM)
        return "done"

    monkeypatch.setattr(run, "execute", tick)
    monkeypatch.setattr(run, "look", tick)
    run.live(settings_in(tmp_path), timedelta(milliseconds=1), lambda line: None, reported.append)
    assert [str(entry) for entry in reported] == ["a full disk", "done"]


def test_messages_leave_beside_the_ticks_and_a_failure_stops_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_signals: None
) -> None:
    rounds: list[str] = []
    told_twice = threading.Event()

    def tell(_: object) -> None:
        rounds.append("round")
        if len(rounds) > 1:
            told_twice.set()
        raise OSError("the store is locked")

    def tick(*arguments: object) -> str:
        assert told_twice.wait(30)
        os.kill(os.getpid(), signal.SIGTERM)
        return "done"

    monkeypatch.setattr(run, "tell", tell)
    monkeypatch.setattr(run, "execute", tick)
    monkeypatch.setattr(run, "look", tick)
    said: list[str] = []
    run.live(settings_in(tmp_path), timedelta(milliseconds=1), said.append, lambda came_to: None)
    assert "nobody was told: OSError: the store is locked" in said


@pytest.mark.parametrize(
    ("states", "state", "detail"),
    [
        (("ok", "absent"), "done", ""),
        (("held", "ok"), "held", "applications: why"),
        (("held", "failed"), "failed", "stage_events: why"),
    ],
)
def test_a_run_is_logged_as_its_exit_code_says(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    states: tuple[str, str],
    state: str,
    detail: str,
) -> None:
    settings = settings_in(tmp_path / "home")
    results = [
        RecordResult(name, result, [], "why" if result in ("held", "failed") else "")  # type: ignore[arg-type]
        for name, result in zip(("applications", "stage_events"), states, strict=True)
    ]
    monkeypatch.setattr(run, "extract_and_gate", lambda *_: results)
    with run.writer(settings, run.new_run("run hourly"), lambda line: None) as writing_run:
        run.ingest(writing_run, run.hourly_mode(settings), None, lambda line: None)
        with reading(settings) as store:
            during = last_run(store)
    with reading(settings) as store:
        after = last_run(store)
    assert during is not None and during["state"] == "running"
    assert after is not None and (after["state"], after["detail"]) == (state, detail)


def test_a_step_that_fails_is_logged_whatever_became_of_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path / "home")
    held = [RecordResult("applications", "held", [], "why")]
    monkeypatch.setattr(run, "extract_and_gate", lambda *_: held)
    with (
        pytest.raises(OSError, match="a full disk"),
        run.writer(settings, run.new_run("run hourly"), lambda line: None) as writing_run,
    ):
        run.ingest(writing_run, run.hourly_mode(settings), None, lambda line: None)
        raise OSError("a full disk")
    with reading(settings) as store:
        after = last_run(store)
    assert after is not None
    assert (after["state"], after["detail"]) == ("failed", "OSError: a full disk")

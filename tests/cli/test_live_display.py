"""What people see of a sweep: lines, a live picture, and `prunebench status` from another terminal."""

import contextlib
import io
import json

import pytest
from click.testing import CliRunner
from rich.console import Console

from prunebench.cli.live_display import LiveDisplay, PlainDisplay, in_short
from prunebench.cli.output import duration
from prunebench.cli.sweep.status import status
from prunebench.eval.run.record import Record
from prunebench.harness.engine.progress import Progress
from prunebench.harness.engine.progress_file import ProgressFile


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min 00 s"), (250, "4 min 10 s"), (7500, "2 h 05 min"), (273600, "3 d 4 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def half_way(*displays):
    progress = Progress(list(displays))
    progress.announce("base models", 1)
    progress.announce("cells", 4)
    progress.name("m", "base models", "base 0")
    for key in "abcd":
        progress.name(key, "cells", f"l1 {key}")
    progress.finished("m", "test mAP 0.600")
    progress.step("a", 0, 1)
    progress.finished("a", test_map=0.5)
    progress.failed("b", "no such filter")
    progress.step("c", 1, 4)
    return progress


def test_plain_lines(capsys, monkeypatch):
    monkeypatch.setattr(PlainDisplay, "INTERVAL", 0)
    with PlainDisplay() as display:
        half_way(display)
    said = capsys.readouterr().err.splitlines()
    assert "base models: base 0: test mAP 0.600" in said
    assert "base models: 1 of 1 in 0 s" in said
    assert "cells: l1 a: test mAP 0.500" in said
    assert "cells: l1 b failed: no such filter" in said
    assert said[-1].startswith("cells: 1 of 4 done, 1 running, 1 failed, test mAP 0.500, about ")


def test_a_base_model_at_work_shows_its_share(capsys, monkeypatch):
    monkeypatch.setattr(PlainDisplay, "INTERVAL", 0)
    with PlainDisplay() as display:
        progress = Progress([display])
        progress.announce("base models", 2)
        progress.announce("cells", 4)
        progress.name("m", "base models", "base 0")
        progress.step("m", 1, 2)
    assert capsys.readouterr().err.splitlines()[-1] == "base models 0/2 (25%); cells: 0 of 4 done, 1 running"


def test_a_phase_whose_pieces_do_not_report_is_named_while_nothing_else_moves(capsys, monkeypatch):
    """Scores of one base model come together: none of them is at work, and the cells wait."""
    monkeypatch.setattr(PlainDisplay, "INTERVAL", 0)
    with PlainDisplay() as display:
        progress = Progress([display])
        progress.announce("scores", 4)
        progress.announce("cells", 4)
        progress.name("s", "scores", "l1")
        progress.finished("s")
    assert capsys.readouterr().err.splitlines()[-1] == "scores 1/4 (25%); cells: 0 of 4 done, 0 running"


def test_a_base_model_at_work_shows_its_rate(capsys, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("prunebench.harness.engine.progress.time.time", lambda: now[0])
    monkeypatch.setattr(PlainDisplay, "INTERVAL", 0)
    with PlainDisplay() as display:
        progress = Progress([display])
        progress.announce("base models", 2)
        progress.announce("cells", 4)
        progress.name("m", "base models", "base 0")
        progress.step("m", 10, 1000)
        now[0] += 10
        progress.step("m", 500, 1000)
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("base models 0/2 (25%, 49 steps/s); cells: 0 of 4 done, 1 running")


def test_a_resumed_run_counts_the_cells_that_it_held(capsys, monkeypatch):
    with PlainDisplay() as display:
        progress = Progress([display])
        progress.announce("cells", 1)
        progress.resume("cells", done=52, failed=0, work=52.0)
        progress.name("a", "cells", "l1")
        progress.step("a", 0, 1)
        assert in_short(progress) == "cells: 52 of 53 done, 1 running"
        progress.finished("a", test_map=0.5)
    assert capsys.readouterr().err.splitlines()[-1] == "cells: 53 of 53 in 0 s, 52 of them finished before"


def test_a_phase_that_is_not_of_cells_shows_its_share():
    progress = Progress()
    progress.announce("latencies", 2)
    progress.name("l", "latencies", "layers")
    progress.step("l", 1, 2)
    assert in_short(progress) == "latencies: 0 of 2 done (25%), 1 running"


def test_the_time_left_is_of_what_is_named_beside_it(monkeypatch):
    """When all cells have ended, what is left is of the shapes, and nothing is left when they have ended too."""
    now = [1000.0]
    monkeypatch.setattr("prunebench.harness.engine.progress.time.time", lambda: now[0])
    progress = Progress()
    for phase, key in (("cells", "a"), ("shapes", "s")):
        progress.announce(phase, 1 if key == "a" else 2)
        progress.name(key, phase)
        progress.step(key, 0, 1)
        now[0] += 4
        progress.finished(key)
        if key == "a":
            assert in_short(progress) == "cells: 1 of 1 done, 0 running"
    assert in_short(progress) == "shapes: 1 of 2 done, 0 running, about 4 s left"
    progress.name("t", "shapes")
    progress.finished("t")
    assert in_short(progress) == "cells: 1 of 1 done, 0 running"


def test_the_live_picture():
    display = LiveDisplay()
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(display._picture())
    half_way(display)
    console.print(display._picture())
    text = console.export_text()
    assert "reading the data" in text
    for words in ("base models", "1/1", "2/4, 1 failed", "25%", "l1 c", "1 running", "test mAP 0.500"):
        assert words in text


def test_the_live_display_ends_with_the_run():
    """Also where that was stopped by an error; else its thread would go on writing."""
    display = LiveDisplay()
    for error in (None, KeyboardInterrupt):
        with contextlib.suppress(KeyboardInterrupt), display:
            assert display._live.is_started
            if error:
                raise error
        assert not display._live.is_started


def test_status_of_a_run_under_way_and_after(tmp_path):
    def told(*options):
        found = CliRunner().invoke(status, [str(tmp_path), *options])
        assert found.exit_code == 0, found.output
        return found.output

    (tmp_path / "plan.json").write_text('["a", "b", "c", "d"]')
    record = Record(cell="a", outcome="o", data="toy", base="b", scope="C7-C12")
    (tmp_path / "records.jsonl").write_text(record.to_json() + "\n")
    with ProgressFile(tmp_path / "progress.json") as file:
        progress = half_way()
        file.show(progress, None)
        text = told()
        assert text.startswith("1 of 4 cells done, 0 failed, 3 left")
        assert "running: l1 c: 25% after" in text
        assert "Last test mAP 0.500" in text
        assert "left; the run will be finished at about 20" in text
        found = json.loads(told("--json"))
        assert found["under_way"]
        assert [piece["title"] for piece in found["running"]] == ["l1 c"]
        assert found["phases"]["cells"]["failed"] == 1
        assert found["finished_at"] > found["seconds_left"] >= 0
    assert "No run is active here" in told()
    assert json.loads(told("--json"))["running"] == []

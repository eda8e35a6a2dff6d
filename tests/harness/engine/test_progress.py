import json
import os

import pytest

from prunebench.harness.engine.progress import News, Progress
from prunebench.harness.engine.progress_file import ProgressFile, read_progress


class Listening:
    def __init__(self):
        self.news = []

    def show(self, progress, news):
        if news is not None:
            self.news.append((news.phase, news.title, news.text, news.failed))


def test_counts_news_and_the_pieces_at_work(clock):
    heard = Listening()
    progress = Progress([heard])
    progress.announce("nothing", 0)
    progress.announce("cells", 3)
    for key in "abc":
        progress.name(key, "cells", f"cell {key}")
    progress.step("a", 0, 1)
    progress.step("a", 1, 4)
    assert progress.running["a"].share == 0.25
    progress.finished("a", test_map=0.5)
    progress.step("a", 4, 4)  # a message that comes after the result
    assert progress.running == {}
    progress.failed("b", "no such filter")
    cells = progress.phases["cells"]
    assert (cells.done, cells.failed, cells.left) == (1, 1, 1)
    assert progress.last_map == 0.5
    assert heard.news == [
        ("cells", "cell a", "test mAP 0.500", False),
        ("cells", "cell b", "no such filter", True),
    ]
    assert list(progress.phases) == ["cells"]


def test_what_a_piece_found_on_its_way(clock):
    heard = []

    class Display:
        def show(self, progress, news):
            heard.extend([news] if news else [])

    progress = Progress([Display()])
    progress.announce("cells", 3)
    progress.name("a", "cells", "l1 at 50 %")
    progress.note("a", ["one", "two"])
    assert heard == [
        News("cells", "l1 at 50 %", "one", failed=False, note=True),
        News("cells", "l1 at 50 %", "two", failed=False, note=True),
    ]


def test_a_phase_tells_what_is_done_of_the_pieces_at_work_too(clock):
    progress = Progress()
    progress.announce("base models", 2, 10.0)
    for key, work in (("a", 8.0), ("b", 2.0)):
        progress.name(key, "base models", work=work)
    progress.step("a", 1, 4)
    assert progress.phases["base models"].share(progress.at_work("base models")) == 0.2
    progress.finished("a")
    assert progress.phases["base models"].share(progress.at_work("base models")) == 0.8
    assert json.loads(progress.to_json())["phases"]["base models"]["share"] == 0.8


def test_other_terminals_read_it_while_the_process_lives(clock, tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    clock[0] = 4e9  # later than this process began
    with ProgressFile(path) as file:
        progress = Progress([file])
        progress.announce("cells", 2)
        progress.name("a", "cells", "l1 at 50 %")
        clock[0] += 2
        progress.step("a", 1, 2)
        clock[0] += 0.1
        progress.step("a", 2, 2)  # within a second of the last write
        found = read_progress(path)
        assert found is not None
        assert found["process"] == os.getpid()
        assert found["running"] == [
            {
                "phase": "cells",
                "title": "l1 at 50 %",
                "work": 1.0,
                "started": 4e9 + 2,
                "share": 0.5,
                "rate": None,
            }
        ]
        assert found["phases"]["cells"]["left"] == 2
        for change in ({"process": 2**22 + 1}, {"schema_version": 99}, {"host": "elsewhere", "updated": 0}):
            path.write_text(json.dumps({**found, **change}))
            assert read_progress(path) is None
        path.write_text(json.dumps({**found, "host": "elsewhere"}))
        assert read_progress(path) is not None
        path.write_text("{")
        assert read_progress(path) is None
    assert not path.exists()


def test_a_resumed_phase_counts_what_ended_before(clock):
    progress = Progress()
    progress.announce("cells", 2, work=20.0)
    progress.resume("cells", done=50, failed=1, work=510.0)
    cells = progress.phases["cells"]
    assert (cells.total, cells.done, cells.failed, cells.left, cells.earlier) == (53, 50, 1, 2, 51)
    assert cells.share([]) == pytest.approx(510 / 530)
    progress.name("a", "cells", work=10.0)
    progress.step("a", 0, 1)
    clock[0] += 5
    progress.finished("a")
    assert progress.seconds_left() == pytest.approx(5)  # one more of the same cost
    progress.resume("nothing", done=3, failed=0, work=3.0)
    assert set(progress.phases) == {"cells"}


def test_a_rate_is_that_of_the_steps_since_the_piece_was_heard_of(clock):
    progress = Progress()
    progress.announce("base models", 1)
    progress.name("m", "base models")
    progress.step("m", 0, 1)
    progress.step("m", 500, 1000)  # resumed there
    clock[0] += 1
    progress.step("m", 510, 1000)
    assert progress.running["m"].rate is None  # too early to tell
    clock[0] += 3
    progress.step("m", 540, 1000)
    assert progress.running["m"].rate == pytest.approx(10)

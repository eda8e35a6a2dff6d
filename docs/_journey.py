"""How far a reader walks through the code: the files that the main job enters, in the order in which it calls them.

A small sweep runs in this process under a profiler. The first call of every function counts, as for one who follows
the calls and reads each function once. A stay is a run of such calls in one file, a return a stay in one that was left
before. Each journey has a home: the sub-packages that its job is about. From there one opens the function of
another sub-package that is called, and reads there what it promises, not what it calls in turn. What runs while a
module is imported does not count, and comprehensions belong to the function around them.

    python docs/_journey.py             files and returns of each journey, and of all calls without that rule
    python docs/_journey.py --list      the files themselves, in order
    python docs/_journey.py --calls     every call
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import os
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOMS = ("pruners", "eval", "baselines", "harness", "reports", "cli")
WRITTEN_WITHIN = ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>")
CELLS = ("harness/cells",)
SWEEP = ("cli/sweep", "harness/config", "harness/plan", "harness/sweep", "harness/engine", *CELLS)
# The rest of the command line is opened by who changes how it looks.
# Figures, tables and the page are opened one at a time, by who changes one.
REPORT = ("reports/writing.py", "reports/content", "reports/statistics", "reports/inference")
CONFIG = """
name = "journey"
workers = 0
[data]
training_clips = 24
validation_clips = 16
test_clips = 24
[model]
width = 0.03125
[base]
steps = 2
batch = 8
[prune]
criteria = ["l1", "random"]
ratios = [0.5]
seeds = [0]
recalibration_clips = 8
[controls]
scratch = true
[finetune]
seeds = [0]
steps = 2
batch = 8
rates = [1e-3]
schedules = ["one-shot", "iterative[rounds=2,distillation=0.5]"]
[measure]
latency = false
"""


@dataclass
class Journey:
    """Functions in the order of their first call.

    Args:
        of: what is followed.
        home: the sub-packages it is about.
        calls: (file, function) as the reader opens them.
        everything: (file, function) of all that was called, whoever called.
    """

    of: str
    home: tuple[str, ...]
    calls: list[tuple[str, str]] = field(default_factory=list)
    everything: list[tuple[str, str]] = field(default_factory=list)
    _opened: set[CodeType] = field(default_factory=set)
    _called: set[CodeType] = field(default_factory=set)

    def visit(self, frame: FrameType, file: str, caller: str | None) -> None:
        """A call, with the file of the package that it came from."""
        call = (file, frame.f_code.co_qualname)
        if frame.f_code not in self._called:
            self._called.add(frame.f_code)
            self.everything.append(call)
        from_home = caller is None or caller.startswith(self.home)
        if frame.f_code not in self._opened and (from_home or not self.calls):
            self._opened.add(frame.f_code)
            self.calls.append(call)

    @property
    def files(self) -> list[str]:
        """Each file once, in the order of the first stays."""
        return list(dict.fromkeys(file for file, _ in self.calls))

    @property
    def own(self) -> list[str]:
        """The files of the home, in that order: the job itself. The others keep promises that it builds on."""
        return [file for file in self.files if file.startswith(self.home)]

    def __str__(self) -> str:
        return (
            f"{self.of}: {len(self.files)} files ({len(self.own)} of them at home), {_returns(self.calls)} returns; "
            f"in all depths {len({file for file, _ in self.everything})} files, {_returns(self.everything)} returns"
        )


def _returns(calls: list[tuple[str, str]]) -> int:
    """Stays in a file that was left before."""
    stays = [file for file, _ in itertools.groupby(calls, key=lambda call: call[0])]
    return len(stays) - len(set(stays))


class Follower:
    """A profiler that keeps a journey for each function that is followed."""

    def __init__(self) -> None:
        self._rooms = {str(resources.files(f"prunebench.{room}")): room for room in ROOMS}
        self._files: dict[str, str | None] = {}
        self._lock = threading.Lock()
        self._within: Journey | None = None
        self._recorded = False
        self.whole = Journey(
            "prunebench run, from the command line to the first record of a criterion", SWEEP
        )
        self.outcomes: dict[str, Journey] = {}
        self.report = Journey("write_report", REPORT)

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """What the interpreter tells of a call or its end."""
        file = self._file(frame.f_code.co_filename) if event in ("call", "return") else None
        if file is None or frame.f_code.co_name in WRITTEN_WITHIN:
            return
        with self._lock:
            self._enter(frame, file) if event == "call" else self._leave(frame)

    def _enter(self, frame: FrameType, file: str) -> None:
        name = frame.f_code.co_name
        if name == "run_outcome":
            kind = type(frame.f_locals["job"]).__name__
            self._within = self.outcomes[kind] = Journey(f"one cell's outcome, {kind}", CELLS)
        elif name == "write_report" and self._within is None:
            self._within = self.report
        imported, caller = self._came_from(frame)
        if imported:
            return
        if self._within is not None:
            self._within.visit(frame, file, caller)
        if not self._recorded:
            self.whole.visit(frame, file, caller)

    def _leave(self, frame: FrameType) -> None:
        if frame.f_code.co_name in ("run_outcome", "write_report"):
            self._within = None
        if frame.f_code.co_name == "add_record" and frame.f_locals["record"].criterion is not None:
            self._recorded = True

    def _came_from(self, frame: FrameType) -> tuple[bool, str | None]:
        """Whether a call is part of an import, and the nearest file of the package that it came from."""
        found, caller = None, frame.f_back
        while caller is not None:
            if caller.f_code.co_filename.startswith("<frozen importlib"):
                return True, None
            found = found or self._file(caller.f_code.co_filename)
            caller = caller.f_back
        return False, found

    def _file(self, path: str) -> str | None:
        """A file's path within the package, `None` for code of others."""
        if path not in self._files:
            within = ((root, room) for root, room in self._rooms.items() if path.startswith(root + os.sep))
            found = next(within, None)
            self._files[path] = found and f"{found[1]}/{Path(path).relative_to(found[0]).as_posix()}"
        return self._files[path]


def follow() -> list[Journey]:
    """The journeys of a small sweep."""
    from prunebench.cli import cli

    follower: Any = Follower()
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(io.StringIO()):
        config = Path(scratch) / "journey.toml"
        config.write_text(CONFIG, encoding="utf-8")
        os.environ["PRUNEBENCH_CACHE"] = str(Path(scratch) / "cache")
        threading.setprofile(follower)
        sys.setprofile(follower)
        try:
            cli.main(["run", str(config), "-o", str(Path(scratch) / "run"), "--json"], standalone_mode=False)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
    return [follower.whole, *follower.outcomes.values(), follower.report]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="the files of each journey, in order")
    parser.add_argument("--calls", action="store_true", help="every call, file and function")
    chosen = parser.parse_args()
    for journey in follow():
        print(journey)
        lines = [f"  {file}  {function}" for file, function in journey.calls] if chosen.calls else []
        print(*(lines or [f"  {file}" for file in journey.files if chosen.list]), sep="\n")

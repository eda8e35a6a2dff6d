"""Which tests run a line, and how long they take: what makes three hundred mutants cheap enough."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import coverage

TESTS = ("pruners", "contract", "eval", "baselines", "harness", "reports", "cli")


@dataclass
class CoverageMap:
    """Tests by line.

    Args:
        by_line: file → line → tests that run it, set-up excluded, since many tests may share it.
        files: file → test files that run any of it.
        seconds: test file → how long its tests take.
        broken: tests that fail in the copy without a fault, which can tell nothing.
    """

    by_line: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    files: dict[str, set[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def tests_of(self, file: str, line: int, most: int = 60) -> list[str]:
        """Tests that run a line: those of its own folder first, and of the quickest files."""
        found = self.by_line.get(file, {}).get(line, set())
        return sorted(found, key=lambda test: (*self._order(file, test.partition("::")[0]), test))[:most]

    def files_of(self, file: str, line: int, budget_s: float = 120.0) -> list[str]:
        """Test files that run a line, as many as fit, in the order of `tests_of`.

        Where it runs on import alone: those that run any of the file, and those of its own folder, since no test
        runs any of a file of constants.
        """
        found = {test.partition("::")[0] for test in self.by_line.get(file, {}).get(line, set())}
        if not found:
            folder = own_folder(file)
            found = self.files.get(file, set()) | {name for name in self.seconds if name.startswith(folder)}
        chosen, total = [], 0.0
        for name in sorted(found, key=lambda name: self._order(file, name)):
            total += self.seconds.get(name, 0)
            if chosen and total > budget_s:
                break
            chosen.append(name)
        return chosen

    def _order(self, file: str, test_file: str) -> tuple[bool, bool, float]:
        folder, name = own_folder(file), f"test_{Path(file).name}"
        return (
            test_file != f"{folder}{name}",
            not test_file.startswith(folder),
            self.seconds.get(test_file, 0),
        )


def own_folder(file: str) -> str:
    """Where tests of a file lie, with a slash at its end: folders of tests mirror those of the code."""
    return f"tests/{Path(file).parent.as_posix().removeprefix('src/prunebench/')}/"


def measure(tree: Path, environment: dict[str, str], workers: int) -> CoverageMap:
    """Run the tests of the rooms once in a tree, watched."""
    timings, data_file = tree / "timings.xml", tree / ".coverage"
    folders = ("pruners", "eval", "baselines", "harness", "reports", "src")
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", str(workers), "-p", "no:cacheprovider"),
            *(f"--cov={folder}" for folder in folders),
            *("--cov-context=test", "--cov-report=", f"--junitxml={timings}"),
            *(f"tests/{name}" for name in TESTS),
        ],
        cwd=tree,
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    found = CoverageMap()
    for case in ElementTree.parse(timings).iter("testcase"):
        name = str(case.get("classname", "")).replace(".", "/") + ".py"
        found.seconds[name] = found.seconds.get(name, 0.0) + float(case.get("time", 0))
        if case.find("failure") is not None or case.find("error") is not None:
            found.broken.append(f"{name}::{case.get('name')}")
    data = coverage.CoverageData(str(data_file))
    data.read()
    for path in data.measured_files():
        name = Path(path).relative_to(tree.resolve()).as_posix()
        lines: dict[int, set[str]] = defaultdict(set)
        tests = set()
        for line, contexts in data.contexts_by_lineno(path).items():
            for context in filter(None, contexts):
                test, _, phase = context.rpartition("|")
                tests.add(test.partition("::")[0])
                # Set-up is shared: all tests of its file may rest on it.
                lines[line].add(test.partition("::")[0] if phase == "setup" else test)
        found.by_line[name], found.files[name] = dict(lines), tests
    return found

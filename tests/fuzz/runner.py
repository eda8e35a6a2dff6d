"""One command in a process of its own, with limits on time, memory and the size of files."""

from __future__ import annotations

import atexit
import io
import os
import resource
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

from cases import Case, Ended

WALL = 240.0  # where others take the processors
GIB = 1 << 30
GROWN = GIB  # resident, above what is imported
ADDRESSES = 4 * GIB  # of data mapped, used or not: so much stays bearable for the machine
FILE = 2 * GIB
POLL = 0.01
LONGEST = 1 << 24  # bytes kept of a stream
TICK = 1 / os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def run(case: Case, at: Path) -> Ended:
    """Fork, run the command, watch it."""

    def again(*words: str) -> Ended:
        return run(Case(words), at)

    imported = _resident("self")
    ends = [os.pipe(), os.pipe()]
    child = os.fork()
    if child == 0:
        _become(case, at, [write for _, write in ends])  # never returns
    for _, write in ends:
        os.close(write)
    pipes = [read for read, _ in ends]
    if case.drain:
        pipes.append(os.open(at / case.drain, os.O_RDONLY | os.O_NONBLOCK))
    for pipe in pipes:
        os.set_blocking(pipe, False)
    code, seconds, grown, limit, drained = _watched(child, imported, pipes, case.seconds)
    for pipe in pipes:
        os.close(pipe)
    out, err = (text.decode(errors="replace") for text in drained[:2])
    return Ended(code, out, err, seconds, grown, limit, b"".join(drained[2:]), at, again)


def _watched(
    child: int, imported: int, pipes: list[int], most: float
) -> tuple[int | None, float, int, str, list[bytearray]]:
    started = last = time.monotonic()
    slept = used = peak = 0.0
    drained = [bytearray() for _ in pipes]
    while True:
        for pipe, text in zip(pipes, drained, strict=True):
            _drain(pipe, text)
        done, status, spent = os.wait4(child, os.WNOHANG)
        now = time.monotonic()
        if done:
            _end(child)  # whoever it left behind
            for pipe, text in zip(pipes, drained, strict=True):
                _drain(pipe, text)
            seconds, grown = (
                slept + spent.ru_utime + spent.ru_stime,
                max(0, spent.ru_maxrss * 1024 - imported),
            )
            return os.waitstatus_to_exitcode(status), seconds, grown, _passed(seconds, grown, most), drained
        tree = _tree(child)
        before, used = used, sum(map(_used, tree))
        if used <= before:
            slept += now - last
        last = now
        peak = max(peak, sum(max(0, _resident(one) - imported) for one in tree))
        limit = _passed(slept + used, int(peak), most) or ("time" if now - started > WALL else "")
        if limit:
            _end(child)
            os.wait4(child, 0)
            return None, slept + used, int(peak), limit, drained
        time.sleep(POLL)


def _passed(seconds: float, grown: int, most: float) -> str:
    return "time" if seconds > most else "memory" if grown > GROWN else ""


def _become(case: Case, at: Path, streams: list[int]) -> None:
    """The child: the streams, limits and arguments of a command, then the command itself."""
    code = 1
    try:
        os.setsid()
        atexit._clear()  # what the parent does at its end is not the command's
        if case.out:
            streams[0] = os.open(case.out, os.O_WRONLY)
        for number, stream in enumerate(streams, 1):
            os.dup2(stream, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(at)
        if case.umask is not None:
            os.umask(case.umask)
        _environ(case, at)
        _limit(case)
        if case.fresh:
            os.execv(sys.executable, [sys.executable, "-m", "prunebench", *case.words])
        code = _called(case)
    except BaseException:  # as the interpreter ends for what nobody catches
        traceback.print_exc()
    finally:
        try:
            sys.stderr.flush()
        finally:
            os._exit(code)


def _called(case: Case) -> int:
    """The exit code of the entry point, streams as a new interpreter in a UTF-8 locale has them."""
    from prunebench.cli import main

    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), "utf-8")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8")
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "utf-8", "backslashreplace", line_buffering=True
    )
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    sys.argv = ["prunebench", *map(os.fsdecode, case.words)]
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    try:
        threading._shutdown()  # type: ignore[attr-defined] # waits for threads as an interpreter does
        atexit._run_exitfuncs()
        sys.stdout.flush()
    except OSError as error:  # as the interpreter says it
        print(f"Exception ignored on flushing sys.stdout: {error}", file=sys.stderr)
        code = 120
    return code


def _environ(case: Case, at: Path) -> None:
    for name in [
        name for name in os.environ if name.startswith(("PRUNEBENCH_", "LC_", "GITHUB_", "PYTEST_", "COV_"))
    ]:
        del os.environ[name]
    os.environ |= {
        "PRUNEBENCH_CACHE": str(at / "cache"),
        "HOME": str(at),
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
    }
    for name, value in case.environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _limit(case: Case) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (case.file_limit or FILE,) * 2)
    with open("/proc/self/statm", encoding="ascii") as stream:  # noqa: PTH123
        mapped = int(stream.read().split()[5]) * PAGE
    resource.setrlimit(resource.RLIMIT_DATA, (mapped + ADDRESSES,) * 2)
    if case.user is not None and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(case.user)
        os.setuid(case.user)


def _drain(pipe: int, text: bytearray) -> None:
    """Take what has arrived; of what never ends, a part."""
    try:
        while chunk := os.read(pipe, 1 << 20):
            if len(text) < LONGEST:
                text += chunk
    except BlockingIOError:
        return


def _tree(process: int) -> list[int]:
    """The process and all below it."""
    found = [process]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def _used(process: int) -> float:
    """Seconds of processor time, those of finished children too."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) * TICK


def _resident(process: int | str) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def _end(leader: int) -> None:
    """End the session that a child began."""
    for process in _tree(leader):
        try:
            os.kill(process, signal.SIGKILL)
        except OSError:
            continue
    try:
        os.killpg(leader, signal.SIGKILL)
    except OSError:
        return

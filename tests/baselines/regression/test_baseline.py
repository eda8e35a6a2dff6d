"""The baseline file: its bytes, its round trip, and that it is always written whole."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prunebench.baselines import (
    COSTS,
    Baseline,
    Figures,
    MadeWith,
    committed_baselines,
    committed_path,
    load_baseline,
    save_baseline,
)
from prunebench.eval import InputError

MADE_WITH = MadeWith("0.1.0", "prunebench baseline save cnn14.pth -o baseline.json")
FIGURES = Figures(
    widths=(64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 1024, 1024),
    parameters=23_205_839,
    parameter_bytes=92_823_356,
    macs_backbone=12_414_600_000,
    macs_with_frontend=13_466_600_000,
)
TEXT = Path(__file__).with_name("whole.json").read_text(encoding="utf-8")
count = st.integers(1, 2**53)
figures = st.builds(
    Figures,
    widths=st.lists(st.integers(1, 4096), min_size=12, max_size=12).map(tuple),
    **dict.fromkeys(COSTS, count),
)


def test_the_file_is_this_to_the_byte(tmp_path: Path) -> None:
    save_baseline({"model": FIGURES}, tmp_path / "b.json", MADE_WITH)
    assert (tmp_path / "b.json").read_bytes() == TEXT.encode()


# No surrogates: neither JSON nor a file's text can hold one.
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(entries=st.dictionaries(names, figures, min_size=1, max_size=4), command=names)
def test_round_trip(entries: dict[str, Figures], command: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_round_trip(entries, command, Path(folder) / "b.json")


def assert_round_trip(entries: dict[str, Figures], command: str, path: Path) -> None:
    save_baseline(entries, path, MadeWith("0.1.0", command))
    found = load_baseline(path)
    assert found == Baseline(made_with=MadeWith("0.1.0", command), entries=entries)
    written = path.read_bytes()
    save_baseline(dict(reversed(entries.items())), path, found.made_with)
    assert path.read_bytes() == written, "the order of entries must not change the file"


def test_a_command_that_looks_like_a_list_stays_as_it_is(tmp_path: Path) -> None:
    made_with = MadeWith("0.1.0", "run --set prune.ratios=[\n 0,\n 1 ]")
    save_baseline({"model": FIGURES}, tmp_path / "b.json", made_with)
    assert load_baseline(tmp_path / "b.json").made_with == made_with


def test_missing_folders_are_made(tmp_path: Path) -> None:
    save_baseline({"model": FIGURES}, tmp_path / "cnn14" / "l1-50.json", MADE_WITH)
    assert committed_baselines(tmp_path) == {"cnn14/l1-50": tmp_path / "cnn14" / "l1-50.json"}


def test_committed_files_are_named_by_criterion_and_percent() -> None:
    path = committed_path("l1", 50)
    assert path.parts[-3:] == ("baselines", "cnn14", "l1-50.json")
    assert committed_baselines().get("cnn14/l1-50", path) == path


def test_nothing_to_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="was not saved, because the run has no finished cell: finish the run"
    ):
        save_baseline({}, tmp_path / "b.json", MADE_WITH)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, said in (
        (tmp_path, "is a folder, but a file is needed"),
        (tmp_path / "file" / "b.json", "cannot be written"),
    ):
        with pytest.raises(InputError, match=said):
            save_baseline({"model": FIGURES}, path, MADE_WITH)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("step", [(os, "fsync"), (Path, "replace")], ids=["fsync", "replace"])
def test_a_failure_before_the_end_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    path = tmp_path / "b.json"
    path.write_text(TEXT)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*step, fail)
    with pytest.raises(InputError, match="No space left on device"):
        save_baseline({"other": FIGURES}, path, MADE_WITH)
    assert path.read_text() == TEXT
    assert [p.name for p in tmp_path.iterdir()] == ["b.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kill_before_the_end_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(TEXT)
    code = (
        "import os, signal, sys\n"
        "from prunebench.baselines import load_baseline, save_baseline\n"
        "held = load_baseline(sys.argv[1])\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "save_baseline({'other': held.entries['model']}, sys.argv[1], held.made_with)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == TEXT


def test_the_bytes_are_on_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.json"
    seen: list[tuple[int, bool]] = []
    real = os.fsync

    def watched(handle: int) -> None:
        real(handle)
        seen.append((os.fstat(handle).st_size, path.exists()))

    monkeypatch.setattr(os, "fsync", watched)
    save_baseline({"model": FIGURES}, path, MADE_WITH)
    assert seen[0] == (len(TEXT.encode()), False)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load_baseline(tmp_path / "b.json").entries == {"model": FIGURES}

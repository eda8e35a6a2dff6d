"""Any locale, any file name, any reader: output degrades and never ends a command."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import soundfile

from prunebench.cli.streams import prepare_streams
from prunebench.eval.errors import LONGEST, InputError
from prunebench.harness import Cnn14, save_checkpoint

CALL = "import sys; from prunebench.cli import main; sys.argv = ['prunebench', *sys.argv[1:]]; main()"
PLAIN = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "ascii, strict": {"PYTHONIOENCODING": "ascii:strict"},
    "C": {"LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", **PLAIN},
}


def called(words, folder, environment=None, **options):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
    return subprocess.run(
        [sys.executable, "-c", CALL, *words], cwd=folder, env=environment, check=False, timeout=120, **options
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model whose classes no code page holds all of, and recordings with a name in Greek and one that is no text."""
    path = tmp_path_factory.mktemp("locale")
    save_checkpoint(
        Cnn14([1] * 12, n_classes=3, embedding=2),
        path / "m.pt",
        style="prunebench",
        class_names=("Δ", "鳥", "é"),
    )
    (path / "in").mkdir()
    soundfile.write(path / "in" / "a.wav", np.zeros(32000), 32000)
    os.rename(path / "in" / "a.wav", os.fsencode(path / "in") + b"/\xff.wav")  # noqa: PTH104 - bytes
    soundfile.write(path / "in" / "a.wav", np.zeros(32000), 32000)
    os.rename(path / "in" / "a.wav", os.fsencode(path / "in") + "/δ.wav".encode())  # noqa: PTH104
    return path


@pytest.mark.parametrize(
    ("locale", "form"),
    [*((locale, "table") for locale in LOCALES), ("cp1252", "csv"), ("C without UTF-8", "json")],
)
def test_names_of_any_kind_are_printed_in_any_locale(folder, locale, form):
    done = called(["tag", "m.pt", "in", "--format", form], folder, LOCALES[locale], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b".wav") == (6 if form == "csv" else 2)


def test_libraries_of_c_are_silenced_while_progress_is_shown():
    """Python's standard error has a descriptor of its own, and descriptor 2 is what such libraries write to."""
    code = (
        "import os, sys\n"
        "from prunebench.cli.streams import prepare_streams\n"
        "from prunebench.harness.data.recordings.quiet_libraries import quiet_libraries\n"
        "prepare_streams()\n"
        "with quiet_libraries():\n"
        "    os.write(2, b'noise of a library ')\n"
        "    print('progress', file=sys.stderr)\n"
        "os.write(2, b'afterwards')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stderr.split() == [b"progress", b"afterwards"]


def test_marks_that_a_code_page_lacks_stay_apart():
    """`≈` and `?` say different things of a difference: once both were `?`."""
    code = "from prunebench.cli.streams import prepare_streams as p; p(); print('≈.015 ?.015 − ◆ ◇ … 鳥')"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    assert done.stdout.split() == b"~.015 ?.015 - * o ... ?".split()


@pytest.mark.parametrize("form", ["csv", "table"])
def test_names_of_any_kind_are_written_to_files(folder, cli, form):
    code, _, error = cli("tag", folder / "m.pt", folder / "in", "--format", form, "-o", folder / f"t.{form}")
    assert code == 0, error
    text = (folder / f"t.{form}").read_text(encoding="utf-8")
    assert "δ.wav" in text
    assert "\\udcff.wav" in text


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        *((locale, ["list", "measures"]) for locale in LOCALES),
        ("ascii, strict", ["doctor"]),
        ("cp1252", ["--help"]),
    ],
)
def test_tables_are_printed_in_any_locale(folder, locale, words):
    done = called(words, folder, LOCALES[locale], capture_output=True)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0
    assert done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")  # noqa: PTH110
@pytest.mark.parametrize(
    "words", [["list", "presets"], ["list", "presets", "--json"], ["--help"], ["tag", "m.pt", "in"]]
)
def test_a_full_disk_behind_standard_output_is_one_sentence(folder, words):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = called(words, folder, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "Error: No space left on device: standard output: free some space or raise the limit (`ulimit -f`), and repeat "
        "the command."
    ]


def test_a_reader_that_leaves_is_no_error(folder):
    read, write = os.pipe()
    os.close(read)
    done = called(["list", "presets"], folder, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_closed_streams_are_no_error(folder):
    line = f'"{sys.executable}" -c "{CALL}" list presets >&- 2>&-'
    assert subprocess.run(line, shell=True, cwd=folder, check=False).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ["run", "x" * 200_000],
        ["tag", "m.pt", "in", "--top-k", "[" * 5000],
        ["measure", "a\nb\rc\x0bd\u2028e" * 99],
        ["measure", "\x1b" * 300],
    ],
)
def test_sentences_are_one_line_and_short(folder, cli, words):
    code, out, error = cli(*words)
    assert (code, out) == (2, "")
    assert len(error.splitlines()) == 1
    assert len(error) < 400
    assert error.startswith("Error: ")


def test_what_is_wrong_and_what_to_do_stay_when_a_sentence_is_cut():
    error = InputError(f"A name must be short. Found `{'x' * 1000}`: give another.")
    assert len(str(error)) <= LONGEST
    assert str(error).startswith("A name must be short. Found `xxx")
    assert str(error).endswith("xxx`: give another.")
    assert str(InputError("two\r\n  lines\n")) == "two lines"


def test_warnings_of_libraries_are_not_shown_unless_asked_for():
    with warnings.catch_warnings(record=True) as shown:
        warnings.resetwarnings()
        prepare_streams()
        warnings.warn("noise", RuntimeWarning, stacklevel=1)
        assert shown == []
        warnings.simplefilter("always")
        prepare_streams()
        warnings.warn("asked for", RuntimeWarning, stacklevel=1)
        assert len(shown) == 1


def test_damaged_mp3_is_tagged_or_left_out_without_a_word_of_the_library(folder, tmp_path):
    samples = 0.5 * np.sin(np.arange(96000) * 0.05)
    soundfile.write(tmp_path / "a.mp3", samples, 32000, format="MP3")
    content = bytearray((tmp_path / "a.mp3").read_bytes())
    for at in range(500, len(content), 97):
        content[at] ^= 0x5A
    (tmp_path / "a.mp3").write_bytes(content)
    done = called(["tag", str(folder / "m.pt"), "a.mp3"], tmp_path, capture_output=True, text=True)
    assert done.returncode in (0, 2)
    assert not done.stderr or (done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1)


def test_a_sentence_is_short_after_control_characters_are_written_out(cli):
    code, _, error = cli("measure", "\x01" * 200)
    assert code == 2
    assert error.startswith("Error: ")
    assert "\\x01" in error
    assert len(error) < 400

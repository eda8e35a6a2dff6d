"""Any locale, any file name, any reader: output degrades and never ends a command."""

import json
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
# Commands one after the other in one process, some to a full disk; a mark after what each has written.
SERIES = """
import json, os, sys
from prunebench.cli import main
terminal = os.dup(1)
for words, full in json.loads(sys.argv[1]):
    if full:
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    sys.argv = ["prunebench", *words]
    try:
        main()
    except SystemExit as stop:
        os.dup2(terminal, 1)
        os.write(1, b"\\0")
        os.write(2, b"\\0%d\\0" % stop.code)
"""
PLAIN = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "ascii, strict": {"PYTHONIOENCODING": "ascii:strict"},
    "C": {"LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", **PLAIN},
}
TAG = ("tag", "m.pt", "in", "--format")
TABLES = (("list", "measures"), ("doctor",), ("--help",))
ASKED = {  # locale → what one process of it is asked for
    "cp1252": ((*TAG, "table"), (*TAG, "csv"), ("list", "measures"), ("--help",)),
    "ascii, strict": ((*TAG, "table"), ("list", "measures"), ("doctor",)),
    "C": ((*TAG, "table"), ("list", "measures"), ("tag", "m.pt", "damaged.mp3")),
    "C without UTF-8": ((*TAG, "table"), (*TAG, "json"), ("list", "measures")),
}
NO_FULL = not os.path.exists("/dev/full")  # noqa: PTH110


def environment(of):
    return {**os.environ, "OMP_NUM_THREADS": "1", **of}


def called(words, folder, **options):
    return subprocess.run(
        [sys.executable, "-c", CALL, *words],
        cwd=folder, env=environment({}), check=False, timeout=120, **options,
    )  # fmt: skip


def series(commands, folder, locale):
    """What commands of one process, (words, whether the disk is full), write: exit code, standard output and error."""
    done = subprocess.run(
        [sys.executable, "-c", SERIES, json.dumps(commands)],
        cwd=folder, env=environment(locale), check=False, timeout=120, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *outputs, last = done.stdout.split(b"\0")
    *errors, end = done.stderr.split(b"\0")
    assert (last, end) == (b"", b"")
    return list(zip(map(int, errors[1::2]), outputs, errors[::2], strict=True))


@pytest.fixture(scope="module")
def said(folder):
    """Locale and words → what is written; each locale has a process of its own."""
    return {
        (locale, words): found
        for locale, asked in ASKED.items()
        for words, found in zip(
            asked, series([(words, False) for words in asked], folder, LOCALES[locale]), strict=True
        )
    }


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
    soundfile.write(path / "damaged.mp3", 0.5 * np.sin(np.arange(96000) * 0.05), 32000, format="MP3")
    content = bytearray((path / "damaged.mp3").read_bytes())
    for at in range(500, len(content), 97):
        content[at] ^= 0x5A
    (path / "damaged.mp3").write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("locale", "form"),
    [*((locale, "table") for locale in LOCALES), ("cp1252", "csv"), ("C without UTF-8", "json")],
)
def test_names_of_any_kind_are_printed_in_any_locale(said, locale, form):
    code, out, error = said[locale, (*TAG, form)]
    assert (code, error) == (0, b"")
    assert out.count(b".wav") == (6 if form == "csv" else 2)


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
    [(locale, words) for locale, asked in ASKED.items() for words in asked if words in TABLES],
)
def test_tables_are_printed_in_any_locale(said, locale, words):
    code, out, error = said[locale, words]
    assert b"Traceback" not in error
    assert code == 0
    assert out


@pytest.mark.skipif(NO_FULL, reason="this system has no device that is always full")
def test_a_full_disk_behind_standard_output_is_one_sentence(folder):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = called(["list", "presets"], folder, stdout=full, stderr=subprocess.PIPE)
    more = [["list", "presets", "--json"], ["--help"], ["tag", "m.pt", "in"]]
    sentence = (
        b"Error: No space left on device: standard output: free some space or raise the limit (`ulimit -f`), and "
        b"repeat the command.\n"
    )
    assert (done.returncode, done.stderr) == (2, sentence)
    assert series([(words, True) for words in more], folder, {}) == [(2, b"", sentence)] * 3


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
    error = InputError(f"Unknown name `{'x' * 1000}`; valid: `one`, `two`.{' Two `' + 'y' * 999 + '`.'}")
    assert "`; valid: `one`, `two`. Two `yyy" in str(error)
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


def test_damaged_mp3_is_tagged_or_left_out_without_a_word_of_the_library(said):
    code, _, error = said["C", ("tag", "m.pt", "damaged.mp3")]
    assert code in (0, 2)
    assert not error or (error.startswith(b"Error: ") and error.count(b"\n") == 1)


def test_a_sentence_is_short_after_control_characters_are_written_out(cli):
    code, _, error = cli("measure", "\x01" * 200)
    assert code == 2
    assert error.startswith("Error: ")
    assert "\\x01" in error
    assert len(error) < 400

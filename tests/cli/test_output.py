"""What verbs print, on whatever names."""

import pytest

from prunebench.cli import main
from prunebench.cli.output import print_table, say

RED = "\x1b[31mred\u202e"


def test_names_do_not_act_on_the_terminal(capsys):
    say(f"two\nlines of {RED}")
    say(RED, err=True)
    print_table([RED], [[RED]])
    out, err = capsys.readouterr()
    assert out.startswith("two\nlines of \\x1b[31mred\\u202e\n")
    assert out.count("\\x1b[31mred\\u202e") == 3
    assert err == "\\x1b[31mred\\u202e\n"


@pytest.mark.parametrize(
    "words",
    [
        ["report", RED],
        ["tag", RED, "x.wav"],
        [RED],
        ["run", RED],
        ["run", "quick", "--set", f"prune.criteria=['{RED}']", "--dry-run"],
        ["list", RED],
        ["check", RED, "--baseline", RED],
    ],
)
def test_sentences_do_not_either(monkeypatch, capsys, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["prunebench", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    out, err = capsys.readouterr()
    assert stop.value.code == 2
    assert "x1b[31mred" in err
    assert "\x1b" not in out + err
    assert "\u202e" not in out + err

"""What a shell is offered: by click's completion, without torch, and in bash where words hold `=` and `:`."""

import os
import shutil
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from prunebench.baselines.peers.peer_registry import PEERS
from prunebench.cli import COMPLETES, cli
from prunebench.cli.completing import offered
from prunebench.cli.completing.declared_names import DATA_SETS, allocations, criteria, networks
from prunebench.harness.budget.allocation import NAMES
from prunebench.harness.budget.schedule import parse_schedule
from prunebench.harness.config.preset_files import PRESETS
from prunebench.harness.data.catalogue import DESCRIPTIONS
from prunebench.harness.networks.plugins.network_registry import network_names
from prunebench.pruners.plugins import plugin_names
from prunebench.pruners.registry import BUILTIN

HEAVY = ("torch", "numpy", "scipy", "pydantic", "rich", "pandas")


def offers(*words):
    *before, last = words
    found = ShellComplete(cli, {}, "prunebench", COMPLETES).get_completions(before, last)
    return [(item.type, item.value) for item in found]


def plain(*words):
    found = offers(*words)
    assert all(kind == "plain" for kind, _ in found)
    return [value for _, value in found]


def test_names_that_are_read_off_the_source_are_those_of_the_registries():
    assert sorted(criteria()) == sorted([*BUILTIN, *plugin_names(), *PEERS])
    assert sorted(networks()) == sorted([*network_names(), "timm:"])
    assert sorted(allocations()) == sorted(NAMES)
    assert list(DATA_SETS) == list(DESCRIPTIONS)
    assert [parse_schedule(label).label for label in offered.SCHEDULES] == list(offered.SCHEDULES)


def test_backends_and_class_maps_are_those_there_are():
    from prunebench.eval.runtime.backends import BACKENDS
    from prunebench.harness.data.options import CLASS_MAPS

    assert plain("measure", "x.pth", "--backends", "") == list(BACKENDS)
    assert sorted(plain("prune", "x.pth", "--class-map", "e")) == sorted(CLASS_MAPS)


def test_criteria_and_networks_where_an_option_takes_them():
    assert plain("prune", "x.pth", "--pruner", "tp:magnitude") == ["tp:magnitude", "tp:magnitude_single"]
    assert plain("score", "x.pth", "--compare", "l1,l") == ["l1,l2", "l1,lamp"]
    assert plain("measure", "x.pth", "--network", "mobilenet") == ["mobilenet_v1", "mobilenet_v2"]
    assert plain("measure", "x.pth", "--backends", "eager,open") == ["eager,openvino"]
    assert plain("prune", "x.pth", "--layers", "C7") == ["C7-C12"]


def test_run_folders_are_found_below_the_folder(tmp_path, monkeypatch):
    for name in ("runs/quick", "runs/claim", "runs/empty", ".hidden/quick", "archive"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("runs/quick/records.jsonl", "runs/claim/plan.json", ".hidden/quick/records.jsonl"):
        (tmp_path / name).touch()
    (tmp_path / "archive/records.jsonl.xz").touch()
    (tmp_path / "pruned.pth").touch()
    monkeypatch.chdir(tmp_path)
    every = ["archive", "runs/claim", "runs/quick"]
    for verb in ("status", "report", "merge", "archive", "verify"):
        assert plain(verb, "") == every
    assert plain("report", "runs/claim", "runs/q") == ["runs/quick"]
    assert plain("run", "quick", "-o", f"{tmp_path}/runs/q") == [f"{tmp_path}/runs/quick"]
    assert plain("check", "") == [*every, "pruned.pth"]
    assert plain("baseline", "save", "p") == ["pruned.pth"]
    assert offers("status", "nothing") == [("dir", "nothing")]
    assert offers("check", "nothing") == [("file", "nothing")]


def test_presets_files_and_baselines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").touch()
    (tmp_path / "gate.json").touch()
    assert plain("run", "") == [*PRESETS, "mine.toml"]
    assert plain("check", "x.pth", "--baseline", "cnn14/l1") == ["cnn14/l1-25", "cnn14/l1-50", "cnn14/l1-75"]
    assert plain("check", "x.pth", "--baseline", "g") == ["gate.json"]


def test_keys_of_set_by_table_then_their_values():
    assert {"prune.", "workers=", "data."} <= set(plain("run", "quick", "--set", ""))
    budgets = plain("run", "quick", "--set", "prune.target_")
    assert {"prune.target_macs=", "prune.target_latency="} <= set(budgets)
    assert plain("run", "quick", "--set", "prune.allocations=g") == ["prune.allocations=global"]
    assert plain("run", "quick", "--set", "prune.allocations=same_as:l1") == ["prune.allocations=same_as:l1"]
    assert plain("run", "quick", "--set", "prune.criteria=ta") == ["prune.criteria=taylor"]
    assert plain("run", "quick", "--set", "model.adapt=") == [
        f"model.adapt={value}" for value in ("head", "all", "none")
    ]
    assert plain("run", "quick", "--set", "prune.ratios=") == []
    assert plain("run", "quick", "--set", "nothing.of=") == []


def test_a_key_comes_with_what_it_is():
    found = ShellComplete(cli, {}, "prunebench", COMPLETES).get_completions(
        ["run", "--set"], "base.converge.p"
    )
    assert [item.value for item in found] == ["base.converge.patience="]
    assert "validation mAP" in found[0].help


def test_offering_loads_nothing_heavy():
    lines = [["run", ""], ["run", "--set", "prune.criteria="], ["prune", "--network", ""], ["report", ""]]
    lines += [["check", "x", "--baseline", "c"], ["list", ""], [""]]
    code = (
        "import sys\nfrom click.shell_completion import ShellComplete\nfrom prunebench.cli import cli\n"
        f"for line in {lines!r}:\n"
        "    ShellComplete(cli, {}, 'prunebench', 'X').get_completions(line[:-1], line[-1])\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


CASES = {
    "prunebench prune x.pth --pruner tp:magnitude_": ["magnitude_single"],  # bash keeps `tp:`
    "prunebench prune x.pth --pruner=tp:magnitude_": ["magnitude_single"],
    "prunebench run quick --set prune.allocations=gl": ["global"],
    "prunebench run quick --set prune.crit": ["prune.criteria="],
    "prunebench run quick --set 'prune.crit": ["prune.criteria="],
    "prunebench rep": ["report", "reproduce"],
}


def test_what_cannot_be_completed_says_nothing(capsys, tmp_path, monkeypatch):
    """A message would land in the line that is typed."""

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "closed" / "run").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("prunebench.cli.completing.nearby.stored", refuse)
    assert offers("status", "cl") == [("dir", "cl")]
    for words in (["nothing", ""], ["run", "--nothing", ""], ["run", "--set", "=", ""]):
        offers(*words)
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_bash_gets_what_it_replaces(tmp_path):
    """The script itself, in bash, as bash calls it."""
    command = tmp_path / "prunebench"
    command.write_text(
        f"#!{sys.executable} -P\nimport sys\nsys.argv[0] = 'prunebench'\nfrom prunebench.cli import main\nmain()\n"
    )
    command.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    asked = "\n".join(
        f"COMPREPLY=(); COMP_LINE={_quoted(line)}; COMP_POINT=${{#COMP_LINE}}; _prunebench_completion prunebench; "
        'echo "${COMPREPLY[*]}" | tr "\\n" " "; echo'
        for line in CASES
    )
    script = f'eval "$(prunebench completion bash)"\ncompopt() {{ :; }}\n{asked}\n'
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, **path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert [line.split() for line in done.stdout.splitlines()] == list(CASES.values())


def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def test_zsh_puts_no_space_behind_a_word_that_goes_on(tmp_path):
    """Click's script with three places changed; an update of click that words them otherwise shows here."""
    script = CliRunner().invoke(cli, ["completion", "zsh"]).stdout
    for part in ("local -a open open_with_descriptions", "open+=(", "compadd -U -S '' -V unsorted -a open"):
        assert script.count(part) == 1
    if shutil.which("zsh"):
        (tmp_path / "script").write_text(script)
        subprocess.run(["zsh", "-n", str(tmp_path / "script")], check=True, timeout=60)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_clicks_script(shell):
    done = CliRunner().invoke(cli, ["completion", shell])
    assert done.exit_code == 0
    assert f"{COMPLETES}={shell}_complete" in done.stdout
    assert "prunebench" in done.stdout

"""`prunebench list pruners`: peers, what is special, and why a plug-in is missing."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from prunebench.cli import main
from prunebench.pruners import BUILTIN


def rows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    monkeypatch.setattr("sys.argv", ["prunebench", "list", "pruners", "--json"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    return found


def test_peers_and_what_is_special(monkeypatch, capsys):
    found = {row["name"]: row for row in rows(monkeypatch, capsys)}
    assert found["tp:taylor"]["needs"] == "gradients"
    assert "no ratio" in found["rank1_cosine_released"]["note"]
    assert "released code" in found["rank1_cosine_released"]["note"]
    assert found["l1"]["note"] == ""
    assert found["group_fisher"]["note"] == "sees whole groups"
    assert found["group_fisher"]["needs"] == "gate_gradients"


def test_names_are_never_broken(monkeypatch, capsys):
    """What is listed is typed, however narrow the table."""
    monkeypatch.setattr("sys.argv", ["prunebench", "list", "pruners"])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr().out.split()
    assert set(BUILTIN) <= set(printed)


def test_measures_take_two_lines_each_and_those_of_backends_stand_once(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["prunebench", "list", "measures"])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert lines[:2] == [
        "map: mAP, mean over the classes with positives",
        "    higher is better, in [0, 1]; cost: a sort per class",
    ]
    assert max(map(len, lines)) <= 110
    assert printed.count("latency_backbone_BACKEND_ms: ") == 1
    assert "latency_backbone_onnxruntime" not in printed
    assert lines[-1].startswith("BACKEND: eager, folded, ")


def test_plugins_that_cannot_be_used_are_listed_with_the_reason(monkeypatch, capsys, tmp_path: Path):
    monkeypatch.syspath_prepend(tmp_path)
    info = tmp_path / "plug_list-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plug-list\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[prunebench.pruners]\nbroken = nothing_of_that_name:Sound\nl1 = nothing_of_that_name:L1\n"
    )
    importlib.invalidate_caches()
    found = rows(monkeypatch, capsys)
    notes = {row["name"]: row["note"] for row in found if row["note"].startswith("missing")}
    assert set(notes) == {"broken", "l1"}
    assert "`plug-list` must load. Found ModuleNotFoundError" in notes["broken"]
    assert "is also the name of a built-in pruner" in notes["l1"]
    assert next(row["note"] for row in found if row["name"] == "l1") == ""
    assert "l2" in {row["name"] for row in found}


@pytest.mark.parametrize("source", ["PRUNERS = {'xy:mine': Mine}", "raise ImportError('no such thing')"])
def test_a_family_of_another_distribution_is_listed(source, monkeypatch, capsys, tmp_path: Path):
    monkeypatch.syspath_prepend(tmp_path)
    module = f"family_list_{len(source)}"
    (tmp_path / f"{module}.py").write_text(
        "from dataclasses import dataclass\nfrom prunebench.pruners import Pruner\n"
        "@dataclass(frozen=True)\nclass Mine(Pruner):\n"
        '    """A rule of mine."""\n    name = \'xy:mine\'\n    reference = \'\'\n'
        f"    def score(self, layer): ...\n{source}\n"
    )
    info = tmp_path / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[prunebench.pruner_families]\nxy = {module}:PRUNERS\n")
    importlib.invalidate_caches()
    found = {row["name"]: row for row in rows(monkeypatch, capsys)}
    assert "tp:taylor" in found
    if source.startswith("raise"):
        assert found["xy:"]["note"].startswith("missing: Family of pruners `xy` must load. Found ImportError")
    else:
        assert found["xy:mine"]["criterion"] == "A rule of mine."


def test_pruners_are_one_line_each_at_80_columns(cli, monkeypatch):
    from prunebench.pruners import BUILTIN

    monkeypatch.setenv("COLUMNS", "80")
    lines = cli("list", "pruners")[1].splitlines()
    rows = {line.split()[0]: line for line in lines if line.split()[:1] and line.split()[0] in BUILTIN}
    assert set(rows) == set(BUILTIN)
    assert all(len(line) <= 80 for line in lines)
    assert rows["taylor"].split(maxsplit=1)[1].strip() == "data        clips, labels   Molchanov et al. 2019"
    assert rows["l1"].split(maxsplit=1)[1].strip() == "one-layer   weights         Li et al. 2017"
    words = " ".join(cli("list", "pruners", "--long")[1].split())
    assert "Sum of the absolute weights of each filter." in words


def test_data_sets_of_others_are_listed_and_one_that_cannot_be_used_says_why(cli, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "plug_sets.py").write_text(
        "from dataclasses import dataclass\nfrom prunebench.harness.data import DataSetBuilder\n"
        "@dataclass(frozen=True)\nclass Mine(DataSetBuilder):\n"
        '    """Sounds of mine."""\n    name = \'mine\'\n    holds = \'sounds\'\n'
        "    def build(self, root): ...\n"
    )
    info = tmp_path / "plug_sets-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plug-sets\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[prunebench.datasets]\nmine = plug_sets:Mine\nbroken = plug_sets:None_\nsynth = plug_sets:Mine\n"
    )
    importlib.invalidate_caches()
    found = json.loads(cli("list", "datasets", "--json")[1])
    assert {"schema_version": 1, "name": "mine", "what": "Sounds of mine; needs data.root"} in found
    what = [row["what"] for row in found if row["what"].startswith("missing")]
    assert "Data set `broken` of distribution `plug-sets` must load. Found AttributeError" in what[0]
    assert "`synth` of distribution `plug-sets` has the name of a built-in data set" in what[1]

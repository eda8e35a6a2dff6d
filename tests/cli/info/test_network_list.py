"""`prunebench list networks`: what each reads and prunes, and why one is missing."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from prunebench.cli import main
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.networks.plugins.network_registry import network_names


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    monkeypatch.setattr("sys.argv", ["prunebench", "list", "networks", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    return capsys.readouterr().out


def rows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(printed(monkeypatch, capsys, "--json"))
    return found


def test_cnn14_is_the_first_and_every_network_is_there(monkeypatch, capsys):
    found = rows(monkeypatch, capsys)
    assert [row["name"] for row in found] == [*network_names(), "timm:NAME"]
    first = found[0]
    assert first["name"] == "cnn14"
    assert first["reference"] == "kong2020panns"
    assert (first["default scope"], first["sample rate"]) == ("C7-C12", 32000)
    assert first["parameters"] == "width=1.0, sample_rate=32000"
    assert {row["note"] for row in found[:-1]} == {""}


def test_the_table_holds_names_and_rates(monkeypatch, capsys):
    words = printed(monkeypatch, capsys).split()
    assert {*network_names(), "kHz", "C7-C12"} <= set(words)


@pytest.mark.parametrize(("there", "note"), [(True, ""), (False, f"missing: {how_to_get('timm')}")])
def test_timm_is_a_row_and_is_not_imported_for_it(there, note, monkeypatch, capsys):
    find = importlib.util.find_spec

    def spec(name, package=None):
        if name not in ("timm", "torchvision"):
            return find(name, package)
        return importlib.machinery.ModuleSpec(name, None) if there else None

    monkeypatch.setattr("importlib.util.find_spec", spec)
    for package in ("timm", "torchvision"):
        monkeypatch.setitem(sys.modules, package, None)  # whoever imports it fails
    row = rows(monkeypatch, capsys)[-1]
    assert (row["name"], row["note"], row["default scope"]) == ("timm:NAME", note, "inner; vit_…: mlp")
    assert (row["sample rate"], row["reference"]) == (32_000, "wightman2019timm")
    assert row["parameters"] == "mels=64, of vit_…: frames=1001"
    assert "timm:NAME" in printed(monkeypatch, capsys)


def test_plugins_that_cannot_be_used_are_listed_with_the_reason(monkeypatch, capsys, tmp_path: Path):
    monkeypatch.syspath_prepend(tmp_path)
    info = tmp_path / "plug_networks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plug-networks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[prunebench.networks]\nbroken = nothing_of_that_name:Net\ncnn14 = nothing_of_that_name:Cnn14\n"
    )
    importlib.invalidate_caches()
    found = [row for row in rows(monkeypatch, capsys) if row["name"] != "timm:NAME"]
    notes = {row["name"]: row["note"] for row in found if row["note"].startswith("missing")}
    assert set(notes) == {"broken", "cnn14"}
    assert "`plug-networks` must load. Found ModuleNotFoundError" in notes["broken"]
    assert "has the name of a built-in network" in notes["cnn14"]
    usable = [row["name"] for row in found if row["note"] == ""]
    assert usable == [name for name in network_names() if name != "broken"]
    assert "broken" in printed(monkeypatch, capsys)

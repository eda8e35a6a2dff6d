"""`prunebench doctor`."""

import importlib.metadata
import json

import pytest
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.cli.info.diagnosis import Diagnosis, diagnose
from prunebench.eval.runtime.backends import BACKENDS
from prunebench.eval.text.install_advice import how_to_get


@pytest.fixture
def findings(tmp_path, monkeypatch):
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))

    def found() -> dict[tuple[str, str], Diagnosis]:
        return {(finding.part, finding.name): finding for finding in diagnose()}

    return found


def test_everything_is_looked_at(findings, tmp_path):
    found = findings()
    assert {name for part, name in found if part == "backend"} == set(BACKENDS)
    assert {"prunebench", "python", "torch", "threads"} <= {
        name for part, name in found if part == "environment"
    }
    assert found["cache", str(tmp_path / "cache")].state == "ok"
    assert not (tmp_path / "cache").exists()


def test_every_extra_for_users_is_looked_at(findings):
    extras = set(importlib.metadata.metadata("prunebench").get_all("Provides-Extra") or ())
    assert {name for part, name in findings() if part == "extra"} == extras - {"all", "test", "docs", "dev"}


def test_what_is_missing_comes_with_a_remedy(findings, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("prunebench.cli.info.diagnosis._version", lambda name: None)
    found = findings()
    assert found["backend", "openvino"].state == "missing"
    assert found["backend", "openvino"].remedy == how_to_get("backends")
    assert found["backend", "eager"].state == "ok"
    without = "without onnx, onnxruntime, openvino"
    assert found["extra", "backends"] == Diagnosis(
        "extra", "backends", "missing", without, how_to_get("backends")
    )


def test_a_plug_in_that_does_not_load_is_broken(findings, monkeypatch):
    def broken(name):
        raise ValueError(f"Pruner `{name}` must load. Found ImportError.")

    monkeypatch.setattr("prunebench.pruners.plugins.plugin_names", lambda: ["mine"])
    monkeypatch.setattr("prunebench.pruners.plugins.load_plugin", broken)
    assert findings()["plug-in", "mine"].state == "broken"


def test_a_family_of_pruners_that_does_not_load_is_broken(findings, monkeypatch):
    def family_of(name):
        if name == "xy:":
            raise ValueError("Family of pruners `xy` must load. Found ImportError.")
        return {}

    monkeypatch.setattr("prunebench.pruners.plugins.family_names", lambda: ["tp", "xy"])
    monkeypatch.setattr("prunebench.pruners.plugins.family_of", family_of)
    found = findings()
    assert found["plug-in", "xy:"].state == "broken"
    assert ("plug-in", "tp:") not in found
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.output)["broken"] == 1


def test_a_cache_that_cannot_be_made_is_broken(findings, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "file" / "cache"))
    (found,) = (finding for (part, _), finding in findings().items() if part == "cache")
    assert (found.state, "PRUNEBENCH_CACHE" in found.remedy) == ("broken", True)


def test_it_prints_a_table(findings):
    done = CliRunner().invoke(cli, ["doctor"])
    assert done.exit_code == 0
    assert "Nothing is broken." in done.output


def test_a_remedy_is_one_line_that_can_be_copied_however_narrow(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("prunebench.cli.info.diagnosis._version", lambda name: None)
    lines = CliRunner().invoke(cli, ["doctor"]).stdout.splitlines()
    assert any(line.strip() == f"to get it: {how_to_get('audioset')}" for line in lines)
    assert lines[:2] == ["environment", lines[1]]
    found = [line for line in lines if "to get it" not in line and str(tmp_path) not in line]
    assert max(map(len, found)) <= 60
    blocks = [line for line in lines if not line.startswith(" ")]
    assert {"environment", "extra", "backend", "cache"} <= set(blocks)


def test_what_is_broken_is_repaired_and_not_got(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "file"))
    done = CliRunner().invoke(cli, ["doctor"])
    assert done.exit_code == 1
    assert "to repair it: set PRUNEBENCH_CACHE to a folder that can be written\n" in done.stdout
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr("prunebench.cli.info.diagnosis.LITTLE_SPACE", 2**80)
    told = "to repair it: free some space, or set PRUNEBENCH_CACHE to a folder on another disk\n"
    assert told in CliRunner().invoke(cli, ["doctor"]).stdout

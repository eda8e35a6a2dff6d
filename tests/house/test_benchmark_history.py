"""Timings over commits: ratios, comparison, plot."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def history():
    spec = importlib.util.spec_from_file_location("benchmark_history", ROOT / "benchmarks" / "history.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def result(path, commit, **medians):
    cases = [{"name": name, "stats": {"median": m, "iqr": 0.02 * m}} for name, m in medians.items()]
    path.write_text(
        json.dumps(
            {
                "benchmarks": cases,
                "commit_info": {"id": commit * 12, "dirty": False},
                "datetime": "2026-11-25T12:00:00.123456",
                "machine_info": {
                    "cpu": {"brand_raw": "Some CPU", "count": 2},
                    "machine": "x86_64",
                    "python_version": "3.11",
                },
            }
        )
    )
    return path


def test_a_slower_machine_changes_no_ratio_and_slower_code_does(history, tmp_path, capsys):
    def add(name, commit, **medians):
        return history.main(result(tmp_path / name, commit, **medians), tmp_path)

    assert add("1.json", "a", test_reference=0.1, test_l1=0.2, test_l2=0.2) == 0
    assert add("2.json", "b", test_reference=0.3, test_l1=0.6, test_l2=0.6) == 0
    assert add("3.json", "c", test_reference=0.1, test_l1=0.31, test_l2=0.2) == 1
    assert "Slower than in bbbbbbbbbbbb: test_l1\n" in capsys.readouterr().out
    lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [line["ratios"] for line in lines[:2]] == [{"test_l1": 2.0, "test_l2": 2.0}] * 2
    assert lines[0]["machine"] == {"processor": "Some CPU", "cores": "2", "python": "3.11"}
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")


def test_a_result_without_the_reference_is_refused(history, tmp_path):
    with pytest.raises(SystemExit, match="run all benchmarks"):
        history.main(result(tmp_path / "1.json", "a", test_l1=0.2), tmp_path)
    assert not (tmp_path / "history.jsonl").exists()


def test_the_committed_history_is_read(history):
    for run in history.read_history(ROOT / "benchmarks" / "history.jsonl"):
        assert run.ratios
        assert run.machine["processor"]

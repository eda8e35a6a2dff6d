"""The fixture in another project's tests: one that has folders called `eval` and `reports` of its own."""

import subprocess
import sys

import pytest

from prunebench import baselines, harness, pruners

pytest_plugins = ["pytester"]

# Loaded before a project's run in this process is set aside: torch cannot be imported twice.
LOADED = (baselines.Baseline, harness.load_checkpoint, pruners.get)

TEST = """
import numpy as np
import torch
from eval.listening import FACTOR
from reports import table

from prunebench import harness, pruners


def small(seed=0):
    torch.manual_seed(seed)
    model = harness.Cnn14(widths=[8] * 12, n_classes=3, embedding=4)
    return harness.prune(model, pruners.get("l1"), {ratio})


def test_compression(prunebench_baseline):
    assert FACTOR == 2 and table.NAME == "ours"
    prunebench_baseline("tail").check(small())


def test_quality(prunebench_baseline):
    targets = np.eye(3).repeat(4, axis=0)
    draw = np.random.default_rng(0)
    scores = targets * {strength} + draw.random(targets.shape)
    prunebench_baseline("tail-quality").check(small(), targets=targets, scores=scores)
"""


@pytest.fixture
def project(pytester):
    pytester.makeini("[pytest]\npythonpath = .\nprunebench_baselines = held")
    for package, module, text in (("eval", "listening", "FACTOR = 2"), ("reports", "table", "NAME = 'ours'")):
        folder = pytester.mkpydir(package)
        (folder / f"{module}.py").write_text(text)

    def run(*words, ratio=0.5, strength=1.0):
        pytester.makepyfile(
            test_ours=TEST.replace("{ratio}", str(ratio)).replace("{strength}", str(strength))
        )
        return pytester.runpytest_inprocess(
            "-p", "prunebench.pytest_plugin", "-p", "no:cacheprovider", *words
        )

    return run


def test_a_project_holds_its_compression(project, pytester):
    project("--prunebench-update").assert_outcomes(passed=2)
    assert sorted(p.name for p in (pytester.path / "held").iterdir()) == ["tail-quality.json", "tail.json"]
    project().assert_outcomes(passed=2)
    weaker = project(ratio=0.25, strength=-1.0)
    weaker.assert_outcomes(failed=2)
    weaker.stdout.fnmatch_lines(
        [
            "*prunebench: ❌ Regressed*",
            "*| `model` | `parameters` |*regressed*",
            "*| `model` | `map` |*regressed*",
        ]
    )


BAD = {
    "neither.check(harness.Cnn14(widths=[4] * 12, n_classes=2, embedding=2))": "make it with `pytest --prunebench-up",
    "neither.check(3)": "lacks 14 of its 14 weights",
    'neither.check("nowhere.pt")': "There is no checkpoint `nowhere.pt`",
    "neither.check({'a': 1})": "lacks 14 of its 14 weights",
    "neither.check(harness.Cnn14(widths=[4] * 12, n_classes=2, embedding=2), targets=[[1]])": "give both",
}


def test_bad_input_is_one_sentence(pytester):
    cases = "".join(
        f"def test_{i}(prunebench_baseline):\n    neither = prunebench_baseline('none')\n    {call}\n"
        for i, call in enumerate(BAD)
    )
    pytester.makepyfile(f"from prunebench import harness\n{cases}")
    found = pytester.runpytest_inprocess("-p", "prunebench.pytest_plugin", "-p", "no:cacheprovider")
    found.assert_outcomes(failed=len(BAD))
    text = found.stdout.str()
    assert [said for said in BAD.values() if said not in text] == []
    assert "Traceback" not in text
    assert "During handling" not in text


def test_a_module_of_another_package_with_the_same_tensors_is_taken(tmp_path):
    from prunebench.plugin_check import HeldBaseline

    model = harness.Cnn14(widths=[4] * 12, n_classes=2, embedding=2)

    class Foreign:
        state_dict = staticmethod(model.state_dict)

    HeldBaseline("ours", tmp_path, update=True).check(model)
    assert HeldBaseline("ours", tmp_path).check(Foreign()) == []
    assert HeldBaseline("ours", tmp_path).check(model.state_dict()) == []


def test_quality_that_the_baseline_does_not_hold_never_passes(tmp_path):
    from prunebench.plugin_check import HeldBaseline

    model = harness.Cnn14(widths=[4] * 12, n_classes=2, embedding=2)
    given = {"targets": [[1, 0], [0, 1]], "scores": [[0.9, 0.2], [0.1, 0.8]]}
    HeldBaseline("ours", tmp_path, update=True).check(model)
    with pytest.raises(
        pytest.fail.Exception,
        match=r"the baseline `ours.json` contains no quality: write the file again with `pytest --prune",
    ):
        HeldBaseline("ours", tmp_path).check(model, **given)
    HeldBaseline("ours", tmp_path, update=True).check(model, **given)
    assert HeldBaseline("ours", tmp_path).check(model, **given) == []


def test_pytest_starts_without_torch_and_finds_the_fixture_by_itself(tmp_path):
    (tmp_path / "test_none.py").write_text(
        "import sys\n\ndef test_none(prunebench_baseline):\n    assert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout

"""Curves of frozen base models: held against their files, since rounding to half precision moved the record."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record
from prunebench.harness.frozen import installed_bases
from prunebench.harness.frozen.frozen_metadata import FrozenQuality
from prunebench.harness.verification import curves_agree
from prunebench.harness.verification.checked import Answer
from prunebench.harness.verification.curves_agree import check_curves

CURVE = ((200, 0.5), (400, 0.7738))
ROUNDED = 0.7722  # what the weights in half precision reach


def contents(folder: Path, *, said=ROUNDED, curve=CURVE, frozen='frozen = "mine"'):
    (folder / "config.toml").write_text(f"[base]\n{frozen}\n")
    stages = {"base": {"validation_map": said, "best_step": 400.0, "test_map": 0.8}}
    record = Record(
        cell="cell", outcome="outcome", control="unpruned", data="d", base="b", scope="", stages=stages
    )
    return SimpleNamespace(files=RunFiles(folder), done=[record], curves={"outcome": curve})


@pytest.fixture
def file(monkeypatch):
    """The file of the base model, as if its set were installed."""
    quality = FrozenQuality(validation_map=ROUNDED, test_map=0.8, best_step=400)
    said = SimpleNamespace(quality=quality, curve=CURVE)
    base = SimpleNamespace(of_seed=lambda seed: SimpleNamespace(metadata=lambda: said))
    monkeypatch.setattr(curves_agree, "base_set", {"mine": base}.__getitem__)


def test_a_record_that_was_rounded_agrees_with_its_file(file, tmp_path):
    found = check_curves(contents(tmp_path))
    assert (found.verdict, found.said) == (Answer.HOLDS, "1 curve of validation mAP agrees with the records.")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"said": 0.7738}, "states a validation mAP of 0.7738; the file of the base model states 0.7722."),
        ({"curve": ((200, 0.5), (400, 0.7722))}, "differs from the curve in the file of its base model."),
    ],
)
def test_what_differs_from_the_file_is_named(file, tmp_path, changed, said):
    found = check_curves(contents(tmp_path, **changed))
    assert found.verdict is Answer.DIFFERS
    assert said in found.said


def test_without_the_set_a_rounded_record_cannot_be_told(tmp_path):
    found = check_curves(contents(tmp_path))
    assert found.verdict is Answer.COULD_NOT_TELL
    assert "Install `mine` to compare it" in found.said
    assert check_curves(contents(tmp_path, said=0.7738)).verdict is Answer.HOLDS


def test_a_set_of_this_project_comes_with_its_command(monkeypatch, tmp_path):
    monkeypatch.setitem(installed_bases.DISTRIBUTIONS, "mine", ("prunebench-mine", "./packages/mine"))
    told = check_curves(contents(tmp_path)).said
    assert re.search(r"Install `prunebench-mine` \(`.*pip install \./packages/mine` in the repository", told)


@pytest.mark.parametrize("anew", ["seeds = [0]", 'frozen = "mine"\npretrained = false'])
def test_a_base_model_that_was_trained_here_must_agree_with_its_curve(file, tmp_path, anew):
    found = check_curves(contents(tmp_path, frozen=anew))
    assert found.verdict is Answer.DIFFERS
    assert "its curve has 0.7738 there" in found.said

"""The registry: nothing forgotten, every reference known, bad names and parameters answered."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import prunebench.pruners as room
from prunebench.pruners import BUILTIN, Pruner, get, names

REFERENCES = Path(__file__).parents[2] / "references.bib"


def test_no_criterion_is_forgotten():
    found = set()
    for module in pkgutil.iter_modules(room.__path__):
        members = vars(importlib.import_module(f"prunebench.pruners.{module.name}")).values()
        found |= {cls for cls in members if inspect.isclass(cls) and issubclass(cls, Pruner)}
    assert {cls for cls in found if not inspect.isabstract(cls)} == set(BUILTIN.values())


def test_names_are_those_of_the_classes():
    assert names()[: len(BUILTIN)] == [cls.name for cls in BUILTIN.values()]
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in BUILTIN)


def test_every_reference_is_in_the_bibliography():
    entries = re.findall(r"^@\w+\{([\w:-]+),$", REFERENCES.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(entries) == len(set(entries))
    assert {cls.reference for cls in BUILTIN.values()} - {""} <= set(entries)
    assert [name for name in BUILTIN if not get(name).reference] == ["random"]


@pytest.mark.parametrize("name", BUILTIN)
def test_criteria_are_values(name):
    pruner = get(name)
    assert pruner == get(pruner.label)
    assert hash(pruner) == hash(get(name))
    assert pruner.label == name


@pytest.mark.parametrize("name", BUILTIN)
def test_docstrings_give_a_formula_and_a_source(name):
    documentation = inspect.getdoc(BUILTIN[name])
    assert documentation
    if BUILTIN[name].reference:
        assert ".. math::" in documentation
        assert re.search(r"\b(19|20)\d\d\b", documentation)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"Unknown pruner `operator_nrom`; did you mean `operator_norm`"):
        get("operator_nrom")


def test_an_unknown_parameter_is_answered_with_the_known():
    with pytest.raises(ValueError, match=r"`nystrom_similarity` has no parameter `m`; .* `landmarks`"):
        get("nystrom_similarity[m=3]")
    with pytest.raises(ValueError, match=r"`l1` has no parameter `p`; its parameters: none"):
        get("l1", p=2)


@pytest.mark.parametrize("label", ["", "l1[", "l1]", "two words"])
def test_a_label_of_another_form_is_refused(label):
    with pytest.raises(ValueError, match="A pruner is written"):
        get(label)


def test_a_parameter_without_a_value_is_refused():
    with pytest.raises(ValueError, match=r"written `name=value`\. Found `landmarks`"):
        get("nystrom_similarity[landmarks]")


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("nystrom_similarity[landmarks=true]", "`landmarks` must be an integer. Found `landmarks = true`"),
        ("synflow[rounds=true]", "`rounds` must be an integer from 1 to 10,000. Found `rounds = True`"),
        (
            "nystrom_similarity[landmarks={}]",
            "`landmarks` must be an integer of at least 1. Found `landmarks = {}`",
        ),
        ("synflow[rounds=10001]", "`rounds` must be an integer from 1 to 10,000. Found `rounds = 10001`"),
        ("entropy[bins=2.5]", "`bins` must be an integer from 2 to 10,000. Found `bins = 2.5`"),
        ("entropy[bins=many]", "`bins` must be an integer from 2 to 10,000. Found `bins = many`"),
        ("entropy[bins=100000000000]", "from 2 to 10,000. Found `bins = 100000000000`"),
        ("thinet[samples=1.5]", "`samples` must be an integer from 1 to 10,000. Found `samples = 1.5`"),
        ("fpgm_torch_pruning[p=true]", "`p` must be a number. Found `p = true`"),
        ("variance[fold=maybe]", "`fold` must be true or false. Found `fold = maybe`"),
        ("variance[fold=true,fold=false]", "takes each parameter once. Found `fold` twice"),
    ],
)
def test_a_value_of_another_kind_and_one_given_twice_are_refused(label, said):
    with pytest.raises(ValueError, match=said) as refused:
        get(label)
    assert "\n" not in str(refused.value)


def test_numbers_of_numpy_are_numbers():
    assert get("synflow", rounds=np.int64(3)).label == "synflow[rounds=3]"
    assert get("fpgm_torch_pruning", p=np.float64(1)).label == "fpgm_torch_pruning[p=1.0]"


def test_parameters_in_the_call_win_over_those_in_the_label():
    assert get("nystrom_similarity[landmarks=3]", landmarks=5).label == "nystrom_similarity[landmarks=5]"

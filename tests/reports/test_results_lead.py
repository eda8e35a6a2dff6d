"""A lead over random that a run claims stands on the result pages with what speaks against it."""

import importlib.util
import sys
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script():
    """`docs/_results_lead.py` as a module."""
    before = set(sys.modules)
    sys.path.insert(0, str(DOCS))
    try:
        spec = importlib.util.spec_from_file_location("_results_lead", DOCS / "_results_lead.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(DOCS))
        for name in set(sys.modules) - before:
            if name.startswith("_results"):
                del sys.modules[name]


def claim(leads, length, sounds, smallest=0.007, trained=MappingProxyType({})):
    """A ranking that claims: criterion → its tested difference from random, of which `a` has most at 90 %.

    `trained` says how much longer than random at each budget.
    """
    rows = [
        SimpleNamespace(
            label=label, from_random=lead, from_random_low=lead - 0.004, from_random_high=lead + 0.004
        )
        for label, lead in leads.items()
    ]
    panel = object()
    at = ((0.5, 0.0), (0.9, 0.01))
    ends = [{"bound_reached": 1.0}, {"bound_reached": 0.0}]
    records = [SimpleNamespace(ratio=0.9, control=None, stages={"converged": end}) for end in ends]
    return SimpleNamespace(
        told=lambda *, better: [row for row in rows if (row.from_random > 0) is better],
        length=length,
        sounds=sounds,
        panel=panel,
        ranking=SimpleNamespace(detectable_from_random=SimpleNamespace(is_told=True, difference=smallest)),
        report=SimpleNamespace(
            rows=[
                SimpleNamespace(
                    panel=panel,
                    label="a",
                    ratio=ratio,
                    difference=gap,
                    own_budget=False,
                    like_random=gap < 0.02,
                )
                for ratio, gap in at
            ],
            methods=[
                SimpleNamespace(panel=panel, label=label, relative_budget=budget)
                for label, budgets in trained.items()
                for budget in budgets
            ],
            runs=[SimpleNamespace(records=records)],
        ),
    )


def test_its_size_its_origin_and_other_claims_are_named(script):
    lead = claim(
        {"a": 0.005}, "after convergence", "synthetic sounds", trained={"a": (0.9, 1.2), "b": (3.0,)}
    )
    other = claim({"a": -0.013, "b": -0.02}, "after 60 steps", "recordings")
    assert script.better_and_worse([lead]) == set()
    assert script.better_and_worse([lead, other]) == {"a"}
    assert list(script.said_leads([lead, other])) == [
        "The lead of `a` is +0.005 mAP [+0.001, +0.009], less than the 0.007 that a run like this detects in 80\u00a0% "
        "of cases; most of it comes from models with 90\u00a0% removed (+0.010 ≈), where 1 of the 2 models of all "
        "criteria had not converged at their last step; its trainings took 0.90 to 1.20 times the MACs of those of "
        "`random`; after 60 steps on recordings it is worse than `random` (−0.013)."
    ]


def test_what_does_not_speak_against_it_is_not_said(script):
    large = claim({"a": 0.05}, "after 60 steps", "recordings", trained={"a": (0.9, 1.04)})
    assert list(script.said_leads([large])) == ["The lead of `a` is +0.050 mAP [+0.046, +0.054]."]
    assert list(script.said_leads([claim({"b": -0.02}, "after 60 steps", "recordings")])) == []

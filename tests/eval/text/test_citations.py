"""The short forms of papers are those of the bibliography."""

import runpy
from pathlib import Path

import pytest

from prunebench.eval.text.citations import paper
from prunebench.harness.networks.plugins.network_registry import BUILTIN as NETWORKS
from prunebench.harness.networks.plugins.network_registry import network_class
from prunebench.pruners import BUILTIN

ROOT = Path(__file__).parents[3]


def test_the_table_is_that_of_the_bibliography():
    made = runpy.run_path(str(ROOT / "docs" / "_citations.py"))
    assert made["TABLE"].read_text(encoding="utf-8") == made["citations"](), "run `python docs/_citations.py`"


@pytest.mark.parametrize(
    ("key", "short"),
    [
        ("li2017pruning", "Li et al. 2017"),
        ("luo2017entropy", "Luo & Wu 2017"),
        ("wightman2019timm", "Wightman 2019"),
        ("somebody2030else", "somebody2030else"),
    ],
)
def test_one_two_and_more_authors(key, short):
    assert paper(key) == short


def test_every_criterion_and_network_has_one():
    keys = {cls.reference for cls in (*BUILTIN.values(), *map(network_class, NETWORKS))} - {""}
    assert all(paper(key) != key for key in keys)

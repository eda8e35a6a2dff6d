"""What is named as no fault that a test could see is a mutant of the code of today."""

import importlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_equivalent_mutant_is_one_of_the_code(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tests/mutation"))
    mutants_of = importlib.import_module("mutants").mutants_of
    named = tomllib.loads((ROOT / "tests/mutation/equivalent.toml").read_text(encoding="utf-8"))
    files = {name.partition(":")[0] for name in named}
    found = {mutant.name for file in files for mutant in mutants_of(ROOT, ROOT / file)}
    assert not sorted(named.keys() - found)
    assert all(reason.strip() for reason in named.values())

"""Labels of sparsity methods, and what they refuse."""

from pathlib import Path

import pytest

from prunebench.eval import InputError
from prunebench.harness.sparsity import penalties
from prunebench.harness.sparsity.group_lasso import GroupLasso
from prunebench.harness.sparsity.growing import Growing
from prunebench.harness.sparsity.penalties import NAMES, method_label, parse_method
from prunebench.harness.sparsity.slimming import Slimming


@pytest.mark.parametrize(
    ("label", "method", "told"),
    [
        ("slimming", Slimming(), "slimming"),
        ("slimming[strength=0.0001]", Slimming(), "slimming"),
        ("slimming[strength=1]", Slimming(1.0), "slimming[strength=1.0]"),
        ("group_lasso[strength=1e-3]", GroupLasso(0.001), "group_lasso[strength=0.001]"),
        ("growing[every=5,ratio=0.75]", Growing(ratio=0.75, every=5), "growing[ratio=0.75,every=5]"),
        ("plain", None, "plain"),
    ],
)
def test_a_label_names_a_method(label, method, told):
    assert parse_method(label) == method
    assert method_label(label) == told
    assert parse_method(told) == method


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("sliming", r"^Unknown sparsity method `sliming`; did you mean `slimming`"),
        ("plain[steps=3]", r"Unknown sparsity method `plain\[steps=3\]`; did you mean `plain`\?"),
        (
            "slimming[strenth=1]",
            "Sparsity method `slimming` has no parameter `strenth`; did you mean `strength`",
        ),
        (
            "slimming[strength=-1]",
            "`strength` of sparsity method `slimming` must be .* Found `strength = -1`",
        ),
        ("slimming[strength=much]", "must be a finite number of at least 0. Found `strength = much`"),
        ("group_lasso[strength=1e999]", "must be a finite number of at least 0. Found `strength = inf`"),
        (
            "growing[ratio=1]",
            r"`ratio` of sparsity method `growing` must lie in \(0, 1\)\. Found `ratio = 1`",
        ),
        (
            "growing[ratio=0]",
            r"`ratio` of sparsity method `growing` must lie in \(0, 1\)\. Found `ratio = 0`",
        ),
        ("growing[increment=0]", "`increment` of sparsity method `growing` must be above 0"),
        ("growing[every=0]", "`every` of sparsity method `growing` must be an integer of at least 1"),
        ("growing[every=1.5]", "must be an integer of at least 1. Found `every = 1.5`"),
    ],
)
def test_a_wrong_label_gets_one_sentence(label, said):
    with pytest.raises(InputError, match=said) as refused:
        parse_method(label)
    assert "\n" not in str(refused.value)


def test_no_method_is_forgotten_and_each_names_its_paper():
    folder = Path(penalties.__file__).parent
    references = (Path(__file__).parents[3] / "references.bib").read_text()
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "penalties", "regulariser"}
    assert set(NAMES) == files
    for name, cls in NAMES.items():
        assert cls.name == name
        assert f"{{{cls.reference}," in references

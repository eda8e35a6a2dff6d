"""Labels as a configuration writes them."""

import pytest

from prunebench.eval.text.written_labels import written


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("variance[fold=True]", "variance[fold=true]"),
        ("tp:hessian[multivariable=False,p=1]", "tp:hessian[multivariable=false,p=1]"),
        ("synth/same_as:variance[fold=True]/0.5", "synth/same_as:variance[fold=true]/0.5"),
        ("l1", "l1"),
        ("mine[kind=Trueish]", "mine[kind=Trueish]"),
        ("True[x=True", "True[x=True"),
    ],
)
def test_truth_is_written_as_toml_has_it(held, said):
    assert written(held) == said

"""Values of Python and NumPy in a configuration: what TOML has is read, all else is refused in one sentence."""

import datetime
import decimal
from pathlib import Path

import numpy as np
import pytest

from prunebench.eval import InputError
from prunebench.harness.config.config import load_config

ITSELF: dict = {}
ITSELF["a"] = ITSELF
LOOP: list = []
LOOP.append(LOOP)
NO_TOML = "must be a number, text, true or false, a list or a mapping. Found "
NO_NUMBER = "Entry 1 of `finetune.rates` must be a number. Found "


@pytest.mark.parametrize(
    "rates",
    [
        (0.5,),
        0.5,
        np.float16(0.5),
        np.longdouble(0.5),
        np.array([0.5]),
        np.array(0.5),
        np.array([0.5], np.longdouble),
        np.array([0.5], object),
        [np.array(0.5)],
    ],
    ids=repr,
)
def test_numbers(rates):
    assert load_config({"finetune": {"rates": rates}}).finetune.rates == (0.5,)


def test_booleans_and_paths():
    config = load_config({"measure": {"latency": np.bool_(False)}, "base": {"converge": np.array(False)}})
    assert (config.measure.latency, config.base.converge) == (False, None)
    assert load_config({"data": {"name": "folder", "root": Path("x")}}).data[0].root == "x"


@pytest.mark.parametrize(
    ("rates", "found"),
    [
        (np.array([1j]), f"{NO_TOML}complex."),
        (np.clongdouble(1), f"{NO_TOML}clongdouble."),
        (np.array([object()], object), f"{NO_TOML}object."),
        (np.array([None]), "must have a value. Found None: leave the key out"),
        (np.timedelta64(1, "s"), f"{NO_TOML}timedelta."),
        (decimal.Decimal("0.5"), f"{NO_TOML}Decimal."),
        ({0.5}, f"{NO_TOML}set."),
        (np.datetime64("2020-01-01"), f"{NO_NUMBER}2020-01-01."),
        (datetime.date(2020, 1, 1), f"{NO_NUMBER}2020-01-01."),
        (np.array(["0.5"]), f'{NO_NUMBER}"0.5": write `0.5`.'),
        (np.array([[0.5]]), f"{NO_NUMBER}[0.5]."),
        (np.array([True]), f"{NO_NUMBER}true."),
        (LOOP, "is nested too deeply, or contains itself: give"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("beside", [False, True])
def test_other_values(rates, found, beside):
    with pytest.raises(InputError) as caught:
        load_config("quick", {"finetune.rates": rates}) if beside else load_config(
            {"finetune": {"rates": rates}}
        )
    assert found in str(caught.value)
    assert "finetune" in str(caught.value)


def test_a_mapping_that_contains_itself():
    with pytest.raises(InputError, match="`prune` is nested too deeply, or contains itself"):
        load_config({"prune": ITSELF})

"""The table `[quantise]`: off unless asked for, and its bad values in one sentence."""

import re

import pytest

from prunebench.eval import InputError
from prunebench.harness.config.config import load_config
from prunebench.harness.config.other_tables import QuantiseSection


def test_it_is_off_and_true_is_the_table_with_its_defaults(tmp_path):
    assert load_config("quick").quantise is None
    assert "quantise" not in load_config("quick").to_toml()
    assert load_config("quick", ["quantise=true"]).quantise == QuantiseSection(clips=64, method="minmax")
    chosen = load_config("quick", ["quantise.clips=8", "quantise.method=entropy"])
    assert chosen.quantise == QuantiseSection(clips=8, method="entropy")
    (tmp_path / "again.toml").write_text(chosen.to_toml())
    assert load_config(str(tmp_path / "again.toml")) == chosen
    assert load_config(str(tmp_path / "again.toml"), ["quantise=false"]).quantise is None


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("quantise.clips=0", "`quantise.clips`"),
        ("quantise.method=median", "`minmax`, `entropy` or `percentile`"),
        ("quantise.bits=4", "Unknown key `quantise.bits`; "),
        ("quantise=8", "`quantise` must be a table"),
    ],
)
def test_a_bad_value_is_refused_in_a_sentence(override, says):
    with pytest.raises(InputError, match=re.escape(says)) as raised:
        load_config("quick", [override])
    assert "\n" not in str(raised.value)

"""Frozen base models in a plan: identities by content, and runs that they are not for."""

from dataclasses import replace

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import load_config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.plan.plan import make_plan


@pytest.fixture
def plan_of(frozen_set, tmp_path):
    """Makes the plan of the set's configuration, with overrides and a changed data set."""
    (tmp_path / "mine.toml").write_text(frozen_set[0])

    def made(*overrides, **changes):
        config = load_config(str(tmp_path / "mine.toml"), ("base.frozen=tiny-w32", *overrides))
        return make_plan(config, [replace(opened(config.data[0]), **changes)])

    return made


@pytest.fixture
def installed(frozen_set, install_bases):
    return install_bases(*frozen_set[1].glob("*.safetensors"))


def bases(plan):
    return [base.identity for base in plan.bases]


def test_the_identity_is_that_of_the_content_wherever_it_lies(
    plan_of, installed, frozen_set, install_bases, monkeypatch
):
    here = plan_of()
    assert len(set(bases(here))) == 2
    with monkeypatch.context() as elsewhere:
        elsewhere.syspath_prepend(str(install_bases(*frozen_set[1].glob("*seed0*"), name="another").parent))
        assert plan_of() == here
    trained = plan_of("base.pretrained=false")
    assert not set(bases(trained)) & set(bases(here))
    assert not {cell.identity for cell in trained.cells} & {cell.identity for cell in here.cells}
    assert not set(bases(plan_of("threads=2"))) & set(bases(here))


def test_what_is_trained_here_has_the_identity_it_had(plan_of, installed, frozen_set, tmp_path):
    plain = load_config(str(tmp_path / "mine.toml"))
    assert plan_of("base.pretrained=false") == make_plan(plain, [opened(plain.data[0])])


ANEW = r"\. Set `base\.pretrained=false` to train new base models\.$"
NAMES = tuple(f"class {number}" for number in range(24))
REFUSED = {
    "width": (
        ("model.width=0.0625",),
        {},
        r"trained for the network `cnn14\[width=0\.03125\]`, .*has `cnn14\[width=0\.0625\]`",
    ),
    "network": (
        ('model.network="cnn10"', 'finetune.scopes=["all"]'),
        {},
        r"the network `cnn14.*has `cnn10\[width=0\.03125\]`",
    ),
    "rate": ((), {"sample_rate": 16000}, r"trained at the sample rate 32000 Hz, .*has 16000 Hz"),
    "classes": ((), {"class_names": NAMES}, r"trained with the class `\w+` in place 0, .*has `class 0`"),
    "number": ((), {"class_names": NAMES[:3]}, "trained with 24 classes, .*has 3"),
    "seed": (("data.seed=1",), {}, "trained on a data set with `seed` = 0, .*has 1"),
    "clips": (("data.training_clips=33",), {}, r"`sizes\.training` = 32, .*has 33"),
    "levels": (("data.snr_min_db=0",), {}, r"`snr_db` = \[-6\.0, 14\.0\], .*has \[0\.0, 14\.0\]"),
    "data": ((), {"identity": {"name": "esc10"}}, "`name` = synth, .*has esc10"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_other_runs_than_those_it_was_trained_for_are_refused(plan_of, installed, what):
    overrides, changes, message = REFUSED[what]
    with pytest.raises(InputError, match=message + ANEW) as refused:
        plan_of(*overrides, **changes)
    assert "…" not in str(refused.value), "the sentence must fit"
    plan_of(*overrides, "base.pretrained=false", **changes)

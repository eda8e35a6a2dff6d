"""Sets of frozen base models: which are there, by what they are found, and what is said of those that are not."""

import re
import shutil

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get_folder
from prunebench.harness.frozen import installed_bases as bases
from prunebench.harness.frozen.frozen_base import FrozenBase
from prunebench.harness.frozen.frozen_file import FrozenFile
from prunebench.harness.frozen.installed_bases import (
    DISTRIBUTIONS,
    BaseSet,
    base_folders,
    base_set,
    installed_sets,
)


def files_of(folder):
    return sorted(folder.glob("*.safetensors"))


def test_a_set_is_found_by_its_name(frozen_set, install_bases):
    _, folder = frozen_set
    assert "tiny-w32" not in installed_sets()
    install_bases(*files_of(folder))
    found = base_set("tiny-w32")
    assert list(found.seeds) == [0, 1]
    assert found.homes == ("prunebench-bases",)
    assert found.of_seed(1).metadata().seed == 1


def test_an_unknown_name_is_answered_with_the_nearest(frozen_set, install_bases):
    install_bases(*files_of(frozen_set[1]))
    with pytest.raises(InputError, match="Unknown set of base models `tiny-w23`; did you mean `tiny-w32`"):
        base_set("tiny-w23")


def test_a_seed_that_is_not_there_says_what_there_is(frozen_set, install_bases):
    install_bases(files_of(frozen_set[1])[0])
    with pytest.raises(
        InputError, match=r"seed 0\. Choose an installed seed, or set `base\.pretrained=false`"
    ):
        base_set("tiny-w32").of_seed(1)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_set_of_this_project_that_is_not_there_says_what_to_install(monkeypatch, name):
    distribution, folder = DISTRIBUTIONS[name]
    command = re.escape(how_to_get_folder(folder))
    monkeypatch.setattr(bases, "installed_sets", dict)
    with pytest.raises(
        InputError, match=rf"`{name}` is not installed\. Install `{distribution}` \(`{command}`"
    ):
        base_set(name)
    part = BaseSet(name, {0: ()}, ("prunebench",))
    with pytest.raises(
        InputError,
        match=rf"Installed: seed 0\. Install `{distribution}` \(`{command}` .*, choose an installed seed",
    ):
        part.of_seed(1)
    whole = BaseSet(name, {0: ()}, ("prunebench", distribution))
    with pytest.raises(InputError, match=r"Installed: seed 0\. Choose an installed seed"):
        whole.of_seed(1)


def test_the_same_model_of_two_distributions_is_one_and_another_is_refused(frozen_set, install_bases):
    first, second = files_of(frozen_set[1])
    one, two = install_bases(first, second, name="one"), install_bases(first, name="two")
    assert base_set("tiny-w32").homes == ("one", "two")
    assert base_set("tiny-w32").of_seed(0).content == FrozenFile.named(first).content
    shutil.copy2(second, two / f"tiny-w32-seed0-{'0' * 12}.safetensors")
    with pytest.raises(
        InputError, match=r"Two distributions contain different base models for seed 0 of `tiny-w32`: `"
    ):
        base_set("tiny-w32").of_seed(0)
    assert base_set("tiny-w32").of_seed(1).path == one / second.name


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit('no')", "SystemExit: no"),
        ("FOLDER = 'nowhere'", "no folder at"),
        ("FOLDER = 3", "TypeError"),
    ],
)
def test_a_distribution_that_fails_leaves_the_others(frozen_set, install_bases, code, why):
    install_bases(*files_of(frozen_set[1]))
    (install_bases(name="broken") / "__init__.py").write_text(code)
    assert list(base_set("tiny-w32").seeds) == [0, 1]
    assert why in base_folders()[1]["broken"]
    with pytest.raises(InputError, match=r"Unknown set of base models `other-set`; .*distribution `broken`"):
        base_set("other-set")


def test_a_base_model_that_was_changed_since_the_plan_is_refused(frozen_set, install_bases):
    """A worker on another machine may have another version installed."""
    install_bases(*files_of(frozen_set[1]))
    planned = FrozenBase.installed("tiny-w32", 0)
    assert planned.load().n_classes == 24
    other = FrozenBase("tiny-w32", 0, "0" * 16)
    for look in (other.load, other.metadata):
        with pytest.raises(InputError, match="is not the one of the plan"):
            look()

"""Plug-ins of other distributions: found by entry point, and each failure answered in one sentence."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from prunebench.pruners import BUILTIN, get, names
from prunebench.pruners.entry_points import the_entry
from prunebench.pruners.plugins import FAMILIES, GROUP, family_names, load_plugin, plugin_names

SOUND = """
from dataclasses import dataclass
from typing import ClassVar
from prunebench.pruners import Pruner

@dataclass(frozen=True)
class Sound(Pruner):
    name: ClassVar[str] = "{name}"
    reference: ClassVar[str] = ""
    power: float = 1

    def score(self, layer):
        return layer.weight.abs().flatten(1).sum(1) ** self.power
"""


class Site:
    """A folder on the import path, as pip leaves distributions in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(
        self, distribution: str, module: str, source: str, *, group: str = GROUP, **entries: str
    ) -> None:
        (self.folder / f"{module}.py").write_text(source)
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = [f"{name} = {module}:{attribute}" for name, attribute in entries.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
        importlib.invalidate_caches()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.syspath_prepend(tmp_path)
    return Site(tmp_path)


def test_an_installed_plugin_is_a_pruner_like_any_other(site: Site) -> None:
    site.install("plug-a", "plug_a_sound", SOUND.format(name="loud"), loud="Sound")
    assert names() == [*BUILTIN, "loud"]
    assert get("loud").label == "loud"
    assert get("loud[power=2]") == get("loud", power=2)
    with pytest.raises(ValueError, match=r"Unknown pruner `laud`; did you mean `loud`"):
        get("laud")


def test_nothing_is_imported_until_it_is_asked_for(site: Site) -> None:
    site.install("plug-b", "plug_b_broken", "raise ImportError('no such thing')", broken="Sound")
    assert "broken" in names()
    assert get("l1").name == "l1"


def test_one_that_fails_to_import_says_why_and_leaves_the_others(site: Site) -> None:
    site.install("plug-c", "plug_c_broken", "import nothing_of_that_name", broken="Sound")
    site.install("plug-d", "plug_d_sound", SOUND.format(name="loud"), loud="Sound")
    assert plugin_names() == ["broken", "loud"]
    assert get("loud").name == "loud"
    with pytest.raises(
        ValueError,
        match=r"^Pruner `broken` of distribution `plug-c` must load. Found ModuleNotFoundError: No module named "
        r"'nothing_of_that_name'\.$",
    ):
        get("broken")


def test_one_that_ends_the_process_does_not(site: Site) -> None:
    site.install("plug-m", "plug_m_leaving", "raise SystemExit(0)", leaving="Sound")
    with pytest.raises(ValueError, match=r"^Pruner `leaving` .* must load. Found SystemExit: 0\.$"):
        get("leaving")


def test_a_name_that_no_distribution_has(site: Site) -> None:
    said = r"^No installed distribution contains the pruner `loud`: install the one that does\.$"
    with pytest.raises(ValueError, match=said):
        the_entry(GROUP, "loud", "pruner")


def test_an_entry_point_to_nothing(site: Site) -> None:
    site.install("plug-e", "plug_e_sound", SOUND.format(name="loud"), loud="Absent")
    with pytest.raises(ValueError, match=r"`loud` of distribution `plug-e` must load. Found AttributeError"):
        load_plugin("loud")


def test_two_plugins_of_one_name(site: Site) -> None:
    for letter in "fg":
        site.install(f"plug-{letter}", f"plug_{letter}_sound", SOUND.format(name="loud"), loud="Sound")
    assert plugin_names() == ["loud"]
    with pytest.raises(
        ValueError,
        match=r"^A pruner must come from one distribution\. Found `loud` in `plug-f` and `plug-g`: uninstall all "
        r"but one\.$",
    ):
        get("loud")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (SOUND.replace("@dataclass(frozen=True)", ""), "must be decorated with `@dataclass"),
        (SOUND.replace("(Pruner)", ""), "it must subclass `prunebench.pruners.Pruner`"),
        (SOUND.replace("def score", "def scores"), "it must define `score`"),
        (
            SOUND.replace('"{name}"', '"a b"'),
            "`name` must be a word of letters, digits and `_:./-`. Found 'a b'",
        ),
        (
            SOUND.replace('reference: ClassVar[str] = ""', "version: ClassVar[int] = 2"),
            "`reference` must be a key",
        ),
        (SOUND.replace("power: float = 1", "version: ClassVar[int] = 0"), "`version` must be an integer"),
        (
            SOUND.replace("power: float = 1", "needs: ClassVar[frozenset] = frozenset(('waveforms',))"),
            "`needs` may contain only",
        ),
        (
            SOUND.replace("power: float = 1", "needs: ClassVar[frozenset] = frozenset(('gradients',))"),
            "it must define `observe`",
        ),
    ],
)
def test_a_class_that_does_not_meet_the_contract(site: Site, source: str, problem: str) -> None:
    module = f"plug_h_{abs(hash(source))}"  # a module of another test must not be found again
    site.install("plug-h", module, source.format(name="loud"), loud="Sound")
    with pytest.raises(
        ValueError, match=r"^Pruner `loud` of distribution `plug-h` does not meet the contract: "
    ) as error:
        get("loud")
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_a_class_of_another_name(site: Site) -> None:
    site.install("plug-i", "plug_i_sound", SOUND.format(name="quiet"), loud="Sound")
    with pytest.raises(ValueError, match=r"must have the same name as its entry point. Found `quiet`"):
        get("loud")


def test_a_plugin_never_takes_the_place_of_a_built_in_pruner(site: Site) -> None:
    site.install("plug-j", "plug_j_sound", SOUND.format(name="l1"), l1="Sound")
    assert type(get("l1")) is BUILTIN["l1"]
    assert names().count("l1") == 1


def test_a_value_that_a_class_cannot_take(site: Site) -> None:
    needy = SOUND.format(name="needy").replace("power: float = 1", "power: float")
    strict = (
        SOUND.format(name="strict")
        + "\n    def __post_init__(self):\n        self.power < 0 or 1 / (self.power - 3)\n"
    )
    site.install("plug-k", "plug_k_needy", needy, needy="Sound")
    site.install("plug-l", "plug_l_strict", strict, strict="Sound")
    with pytest.raises(ValueError, match=r"`needy` needs a parameter: write `needy\[power=…\]`"):
        get("needy")
    assert get("needy[power=2]").label == "needy[power=2]"
    with pytest.raises(ValueError, match="`strict` cannot take `power = 3`: ZeroDivisionError"):
        get("strict[power=3]")
    with pytest.raises(ValueError, match=r"`power` must be a number\. Found `power = x`"):
        get("strict[power=x]")


FAMILY = SOUND.format(name="xy:loud") + "\nPRUNERS = {'xy:loud': Sound}\n"


def test_a_family_of_another_distribution_is_got_by_its_names(site: Site) -> None:
    site.install("plug-n", "plug_n_family", FAMILY, group=FAMILIES, xy="PRUNERS")
    assert family_names() == ["tp", "xy"]
    assert get("xy:loud[power=2]") == get("xy:loud", power=2)
    with pytest.raises(ValueError, match=r"Unknown pruner `xy:laud`; did you mean `xy:loud`"):
        get("xy:laud")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("raise SystemExit(0)", r"`xy` must load\. Found SystemExit: 0\.$"),
        ("PRUNERS = 5", r"`xy` must load\. Found TypeError"),
        (
            "PRUNERS = {'xy:loud': 5}",
            r"`xy` has a pruner `xy:loud` that does not meet the contract: it must subclass "
            r"`prunebench\.pruners\.Pruner`\.$",
        ),
        (
            FAMILY.replace("{'xy:loud'", "{'xy:laud'"),
            r"under their names, which begin with `xy:`\. Found `xy:loud` under `xy:laud`: rename it\.$",
        ),
        (FAMILY.replace("xy:loud", "loud"), r"Found `loud` under `loud`: rename it\.$"),
    ],
)
def test_a_family_that_cannot_be_used(site: Site, source: str, problem: str) -> None:
    module = f"plug_o_{abs(hash(source))}"
    site.install("plug-o", module, source, group=FAMILIES, xy="PRUNERS")
    with pytest.raises(ValueError, match=f"^Family of pruners .*{problem}") as error:
        get("xy:loud")
    assert "\n" not in str(error.value)
    assert get("tp:magnitude").name == "tp:magnitude"

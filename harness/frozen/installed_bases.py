"""The sets of frozen base models that are there: in this distribution, and in others (`prunebench.bases`)."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.eval.text.install_advice import how_to_get_folder
from prunebench.harness.frozen.frozen_file import FrozenFile
from prunebench.pruners.entry_points import home_of

GROUP = "prunebench.bases"
SHIPPED = Path(__file__).parent / "shipped"
OWN = "prunebench"
# Set → the distribution that has all of it, and the folder of that in the repository.
DISTRIBUTIONS = {
    "synth-cnn14-w8": ("prunebench-bases", "./packages/bases"),
    "esc50-cnn14-w8": ("prunebench-bases-esc50", "./packages/bases-esc50"),
}


@dataclass(frozen=True)
class BaseSet:
    """The models of one name that are installed.

    Args:
        name: of the set.
        seeds: seed → files, equal ones of several distributions once.
        homes: distributions that they are in.
    """

    name: str
    seeds: Mapping[int, tuple[FrozenFile, ...]]
    homes: tuple[str, ...] = field(default=())

    def of_seed(self, seed: int) -> FrozenFile:
        """The model of a seed.

        Raises:
            InputError: for a seed that is not installed, or of which two distributions have different models.
        """
        found = self.seeds.get(seed, ())
        if not found:
            there = ", ".join(map(str, self.seeds))
            more = how_to_get_bases(self.name, self.homes)
            do = f"{more}, choose" if more else "Choose"
            raise InputError(
                f"`base.seeds` contains seed {seed} of `{self.name}`, which is not installed. Installed: seed "
                f"{there}. {do} an installed seed, or set `base.pretrained=false`, which trains new base models."
            )
        if len(found) > 1:
            raise InputError(
                f"Two distributions contain different base models for seed {seed} of `{self.name}`: "
                f"`{found[0].path}` and `{found[1].path}`. Upgrade or uninstall one of them."
            )
        return found[0]


def installed_sets() -> dict[str, BaseSet]:
    """The sets by name, seeds in order."""
    files: dict[str, dict[int, dict[str, FrozenFile]]] = {}
    homes: dict[str, list[str]] = {}
    for home, folder in base_folders()[0].items():
        for path in sorted(folder.glob("*.safetensors")):
            file = FrozenFile.named(path)
            if file is not None:
                files.setdefault(file.set_name, {}).setdefault(file.seed, {}).setdefault(file.digest, file)
                homes.setdefault(file.set_name, []).append(home)
    return {
        name: BaseSet(
            name,
            {seed: tuple(seeds[seed].values()) for seed in sorted(seeds)},
            tuple(dict.fromkeys(homes[name])),
        )
        for name, seeds in sorted(files.items())
    }


def base_set(name: str) -> BaseSet:
    """A set by its name.

    Raises:
        InputError: for a set that is not installed, with how to get it; for an unknown name, with the nearest ones.
    """
    found = installed_sets()
    if name not in found:
        broken = "".join(f" {why}" for why in base_folders()[1].values())
        if more := how_to_get_bases(name):
            raise InputError(f"The set of base models `{name}` is not installed. {more}.{broken}")
        raise InputError(
            f"Unknown set of base models `{name}`; {nearest(name, {*found, *DISTRIBUTIONS})}{broken}"
        )
    return found[name]


def how_to_get_bases(name: str, homes: Sequence[str] = ()) -> str:
    """What to do for a set of this project; nothing for the sets of others, and where its distribution is a home."""
    distribution, folder = DISTRIBUTIONS.get(name, ("", ""))
    if not distribution or distribution in homes:
        return ""
    return f"Install `{distribution}` (`{how_to_get_folder(folder)}` in the repository of prunebench)"


def base_folders() -> tuple[dict[str, Path], dict[str, str]]:
    """Distribution → folder, this one first; and distribution → why its folder cannot be used."""
    return _folders(tuple(sys.path))


@functools.lru_cache(maxsize=4)
def _folders(path: tuple[str, ...]) -> tuple[dict[str, Path], dict[str, str]]:
    """Kept: every cell asks, and looking through all distributions takes a while."""
    found, broken = {OWN: SHIPPED}, {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (home_of(entry), entry.name)):
        home = home_of(entry)
        try:
            with foreign_code(
                f"The base models `{entry.name}` of distribution `{home}` must be found", loading=True
            ):
                given = entry.load()
                folder = Path(given)
                if not folder.is_dir():
                    raise NotADirectoryError(f"no folder at {folder}")
            found[home if home not in found else f"{home} {entry.name}"] = folder
        except InputError as error:
            broken[home] = str(error)
    return found, broken

"""Data sets of others by label: installed (entry points of `prunebench.datasets`), or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.data.data_set_builder import DataSetBuilder
from prunebench.harness.data.options import GROUP, NAMES, DataOptions
from prunebench.harness.networks.plugins.plugin_code import Kind, plugin_classes
from prunebench.pruners.declaration import class_problem
from prunebench.pruners.entry_points import home_of, installed_names, load_entry
from prunebench.pruners.label import split_label
from prunebench.pruners.parameters import made


def declaration_problem(cls: object) -> str | None:
    """What the class of a data set must have and has not, as a sentence; `None` where nothing is amiss."""
    amiss = class_problem(cls, DataSetBuilder, "prunebench.harness.data")
    if amiss is None and not isinstance(getattr(cls, "holds", None), str):
        return "class attribute `holds` must be text that describes the content of the folder `data.root`."
    return amiss


DATA_SETS = Kind("data set", DataSetBuilder, "build", declaration_problem)  # type: ignore[type-abstract]


def installed_sets() -> list[str]:
    """Names of the data sets of other distributions, sorted; nothing is loaded."""
    return [name for name in installed_names(GROUP) if name not in NAMES]


def claimed_names() -> dict[str, str]:
    """Installed data sets that are not used because they have the name of a built-in one: name → the reason."""
    return {
        entry.name: f"Data set `{entry.name}` of distribution `{home_of(entry)}` has the name of a built-in data set."
        for entry in entry_points(group=GROUP)
        if entry.name in NAMES
    }


def file_sets(files: Sequence[Path | str]) -> dict[str, type[DataSetBuilder]]:
    """The data sets of some files, by name.

    Raises:
        InputError: for a file that cannot be used, or a name that is taken.
    """
    return plugin_classes(files, DATA_SETS, lambda: [*NAMES, *installed_sets()])


def chosen_set(files: Sequence[Path | str], option: str) -> str:
    """Name of the only data set of some files.

    Args:
        files: Python files that define data sets.
        option: that names one of several.

    Raises:
        InputError: for a file that cannot be used, or several data sets.
    """
    own = list(file_sets(files))
    if len(own) > 1:
        raise InputError(
            f"The data set files define {', '.join(map('`{}`'.format, own))}: name one with `{option}`."
        )
    return own[0]


def builder_class(name: str) -> type[DataSetBuilder]:
    """The class of an installed data set.

    Raises:
        InputError: for a name that two distributions claim, or a class that fails to load or breaks the contract.
    """
    try:
        found: type[DataSetBuilder] = load_entry(GROUP, name, "data set", declaration_problem)
    except ValueError as error:
        raise InputError(str(error)) from error
    return found


def resolve_builder(label: str, files: Sequence[Path | str] = ()) -> DataSetBuilder:
    """The data set that a label names.

    Args:
        label: `NAME` or `NAME[parameter=value,…]` of a data set that is installed or in one of the files.
        files: Python files that define data sets.

    Raises:
        InputError: for a label that names none, with the nearest names, or a data set that cannot be loaded.
    """
    try:
        name, parameters = split_label(label, "data set")
    except ValueError as error:
        raise InputError(str(error)) from error
    own = file_sets(files)
    if name not in own and name not in installed_sets():
        raise InputError(f"Unknown data set `{name}`; {nearest(name, [*NAMES, *installed_sets(), *own])}")
    try:
        builder = made(own[name] if name in own else builder_class(name), parameters, "data set")
    except ValueError as error:
        raise InputError(str(error)) from error
    with foreign_code(f"Data set `{builder.name}` must have a label"):
        hash(builder)
        if not isinstance(builder.label, str):
            raise TypeError(f"its label is of type {type(builder.label).__name__}")
    return builder


def known(options: DataOptions) -> DataOptions:
    """The options, of a data set that exists: its label as the class writes it, its files with full paths.

    Raises:
        InputError: as `resolve_builder`; for a folder where the data set takes none, or none where it needs one.
    """
    if not options.is_plugin:
        return options
    builder = resolve_builder(options.name, options.files)
    if builder.holds and options.root is None:
        raise InputError(
            f"Data set `{builder.label}` needs option `root`: give the folder with {builder.holds}."
        )
    if options.root is not None and not builder.holds:
        raise InputError(
            f"Option `root` is for data sets in a folder, and data set `{builder.label}` needs none: leave it out, or "
            "set the class attribute `holds`."
        )
    files = tuple(dict.fromkeys(str(Path(file).resolve()) for file in options.files))
    return replace(options, name=builder.label, files=files)

"""What options and arguments offer behind Tab, as click's `shell_complete` takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from click import Context, Parameter
from click.shell_completion import CompletionItem

Items = list[CompletionItem]
Offer = Callable[[Context, Parameter, str], Items]
FILES, FOLDERS = "file", "dir"


def _items(values: Iterable[str], incomplete: str, otherwise: str | None = None) -> Items:
    """Those that begin as typed; where none does, the shell's own files or folders, if any are taken."""
    found = [CompletionItem(value) for value in values if value.startswith(incomplete)]
    return found or ([] if otherwise is None else [CompletionItem(incomplete, type=otherwise)])


def _last_of_list(names: Sequence[str], incomplete: str) -> Items:
    """Names for the last of `a,b,…`; those before it are not offered again."""
    before, comma, begun = incomplete.rpartition(",")
    given = before.split(",")
    return [
        CompletionItem(f"{before}{comma}{name}")
        for name in names
        if name.startswith(begun) and name not in given
    ]


def run_folder(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Run folders, else folders."""
    from prunebench.cli.completing.nearby import run_folders

    return _items(run_folders(incomplete), incomplete, FOLDERS)


def run_or_checkpoint(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Run folders and files of weights, else files."""
    from prunebench.cli.completing.nearby import CHECKPOINTS, files_ending, run_folders

    return _items([*run_folders(incomplete), *files_ending(incomplete, CHECKPOINTS)], incomplete, FILES)


def preset_or_file(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Presets and TOML files, else files."""
    from prunebench.cli.completing.nearby import files_ending
    from prunebench.harness.config.preset_files import PRESETS

    return _items([*PRESETS, *files_ending(incomplete, (".toml",))], incomplete, FILES)


def criterion(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Criteria; `scores:` begins a folder of stored scores."""
    from prunebench.cli.completing.declared_names import criteria

    return _items([*criteria(), "scores:"], incomplete)


def listed_criteria(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Criteria, comma between."""
    from prunebench.cli.completing.declared_names import criteria

    return _last_of_list(criteria(), incomplete)


def listed_backends(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Backends, comma between."""
    from prunebench.eval.measures.shape_measures import BACKEND_NAMES

    return _last_of_list(BACKEND_NAMES, incomplete)


def data_set(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Data sets."""
    from prunebench.cli.completing.declared_names import data_sets

    return _items(data_sets(), incomplete)


def network(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Networks."""
    from prunebench.cli.completing.declared_names import networks

    return _items(networks(), incomplete)


def scope(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Scopes that every network has, and Cnn14's usual ones."""
    return _items(SCOPES, incomplete)


def baseline(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Names of `list baselines` and JSON files, else files."""
    from prunebench.baselines.regression.committed import committed_baselines
    from prunebench.cli.completing.nearby import files_ending

    return _items([*files_ending(incomplete, (".json",)), *committed_baselines()], incomplete, FILES)


def class_map(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Maps that come with the package, else files."""
    return _items(("esc50-to-audioset", "esc10-to-audioset"), incomplete, FILES)


def setting(ctx: Context, param: Parameter, incomplete: str) -> Items:
    """Keys of a configuration with what they are; behind `=` the values of a key that takes names."""
    from prunebench.cli.completing.config_keys import config_keys, names_in

    key, equals, _ = incomplete.partition("=")
    if equals:
        return _items((f"{key}={value}" for value in _values(key)), incomplete)
    return [
        CompletionItem(f"{name}{'.' if names_in(name) else '='}", help=told["what"] or None)
        for name, told in config_keys().items()
        if name.startswith(key) and name.count(".") <= key.count(".")
    ]


def _values(key: str) -> Sequence[str]:
    from prunebench.cli.completing.config_keys import config_keys
    from prunebench.cli.completing.declared_names import allocations, criteria, data_sets, networks

    named: dict[str, Callable[[], Sequence[str]]] = {
        "prune.criteria": criteria,
        "prune.allocations": lambda: [*allocations(), *(f"same_as:{name}" for name in criteria())],
        "model.network": networks,
        "prune.scopes": lambda: SCOPES,
        "finetune.schedules": lambda: SCHEDULES,
        "data.name": data_sets,
    }
    told: Sequence[str] = config_keys().get(key, {}).get("values", ())
    return named[key]() if key in named else told


SCOPES = ("all", "inner", "C7-C12", "C1-C12")
SCHEDULES = ("one-shot", "iterative[rounds=3]", "progressive[rounds=4]", "soft[every=10]")

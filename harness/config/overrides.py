"""Changes to a table before it becomes a configuration: `--set`, `--data-file` and `--pruner-file`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import told
from prunebench.eval.text.inline_value import cut, inline, setting_shown, shown
from prunebench.eval.text.parsing import NotToml, parsed_toml
from prunebench.harness.config.fields import listed
from prunebench.harness.config.source import toml_values
from prunebench.harness.data.plugins.dataset_registry import chosen_set, file_sets
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.networks.plugins.network_registry import file_networks, resolve_network
from prunebench.harness.pruning.sources import file_pruners

WHOLE = ("class_map", "limits")  # tables without keys that they must have: one takes the place of the other
NAMING = ("name", "network")  # keys that say which data set or network a table is of
Settings = str | Iterable[str] | Mapping[str, Any] | None


def settings_of(settings: Settings) -> list[str]:
    """Settings as `--set` takes them, of texts, of one text, or of a mapping from dotted keys to values.

    Raises:
        InputError: for anything else.
    """
    if settings is None:
        return []
    if isinstance(settings, str):
        return [settings]
    if isinstance(settings, Mapping):
        return [f"{key}={inline(toml_values(value, str(key)))}" for key, value in settings.items()]
    given = list(settings) if isinstance(settings, Iterable) else [settings]
    for one in given:
        if not isinstance(one, str):
            raise InputError(
                f'Settings are texts `KEY=VALUE` or a mapping, such as `{{"prune.ratios": [0.5]}}`. Found {told(one)}.'
            )
    return given


def change(
    table: dict[str, Any],
    settings: Sequence[str],
    data_files: Sequence[Path | str],
    pruner_files: Sequence[Path | str],
    default_criteria: Sequence[str],
) -> None:
    """All that is asked for beside a configuration: files of data sets, settings, files of criteria.

    Args:
        table: of the configuration; changed.
        settings: as `settings_of` gives them.
        data_files, pruner_files, default_criteria: as `add_data_files` and `add_pruner_files` take them.

    Raises:
        InputError: as these and `set_key`.
    """
    add_data_files(table, data_files, settings)
    for setting in settings:
        set_key(table, setting)
    if pruner_files:
        add_pruner_files(table, pruner_files, default_criteria)


def set_key(table: dict[str, Any], override: str) -> None:
    """Put a value in its place, as `--set key=value` asks.

    Args:
        table: of the configuration; changed.
        override: `"prune.ratios=[0.5]"`, `"data.1.seed=2"` for the second of several data sets; a value that is not
            TOML is text.

    Raises:
        InputError: without an `=`, where a table is needed and a value stands, for a table that is not there, or for a
            table that would remove keys of the one that is there.
    """
    key, equals, text = override.partition("=")
    said = setting_shown(override)
    if not equals or not key.strip():
        raise InputError(f"`--set` takes key=value. Found `{said}`.")
    if not all(part.strip() for part in key.split(".")):
        raise InputError(
            f"A key of `--set` is written `key` or `table.key`, with a name before and after each dot. Found "
            f"`{cut(key.strip())}`."
        )
    value = _value(key, text)
    *parents, last = key.strip().split(".")
    _check_one_table(table, override, [*parents, last])
    inner: Any = table
    for depth, (parent, child) in enumerate(zip(parents, [*parents, last][1:], strict=True), 1):
        inner = inner[int(parent)] if isinstance(inner, list) else inner.setdefault(parent, {})
        if isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
            if not (_is_place(child) and int(child) < len(inner)):
                which = f"{len(inner)} tables, so a number from 0 to {len(inner) - 1} must select one"
                which = which if len(inner) > 1 else "1 table, which `0` selects"
                raise InputError(
                    f"`--set {said}`: `{parent}` is a list of {which}. Found `{child}`: write "
                    f"`{'.'.join(parents[:depth])}.0.{last}`."
                )
        elif not isinstance(inner, dict):
            whole = ".".join(parents[:depth])
            raise InputError(
                f"`--set {said}`: `{whole}` is a value and has no keys. To change it, write `--set {whole}=…`."
            )
    place: Any = int(last) if isinstance(inner, list) else last
    before = inner[place] if isinstance(inner, list) else inner.get(place)
    _check_nothing_is_lost(before, [*parents, last], value, said)
    inner[place] = value


def _check_nothing_is_lost(before: Any, key: Sequence[str], value: Any, said: str) -> None:
    """A table in place of a table, or of several, would drop the keys that it does not name, without a word.

    A table of another data set or network means another one: the keys of the former need not fit it. One of several
    tables, written as it is, chooses it, as the commands of a report's cells do.
    """
    if not isinstance(value, dict) or any(part in WHOLE for part in key[-2:]):  # `limits`, `limits.0`
        return
    name = ".".join(key)
    if isinstance(before, list) and any(isinstance(one, dict) for one in before):
        if value not in before and not any(one in value for one in NAMING):
            one = next(iter(value), "KEY")
            raise InputError(
                f"`--set {said}` would remove {len(before)} table{'s' * (len(before) != 1)} `[[{name}]]`: set single "
                f"keys of one of them instead, with `--set {name}.0.{one}=…`."
            )
    elif (
        isinstance(before, dict)
        and all(value.get(one, before.get(one)) == before.get(one) for one in NAMING)
        and (lost := [one for one in before if one not in value])
    ):
        instead = " ".join(f"--set {name}.{one}=…" for one in value) or f"--set {name}.KEY=…"
        raise InputError(
            f"`--set {said}` would remove {', '.join(f'`{name}.{one}`' for one in lost[:3])}"
            f"{' and others' if len(lost) > 3 else ''}: set single keys instead, with `{instead}`."
        )


def _value(key: str, text: str) -> Any:
    """The value that a text is in TOML, or the text; of several lines only what is one value."""
    try:
        found = parsed_toml(f"value = {text}")
    except NotToml:
        found = {"value": text}
        several = len(text.splitlines()) > 1
    except ValueError as error:  # TOML, and none that can be held
        raise InputError(f"The value of `--set {cut(key)}` cannot be read: {error}.") from error
    else:
        several = len(found) > 1
    if several:
        raise InputError(
            f"`--set` sets one key, and the value of `{cut(key.strip())}` has several lines. Found {shown(text)}: give "
            "`--set` once for each key."
        )
    return found["value"]


def _is_place(text: str) -> bool:
    """Whether it is a place in a list; longer numbers are of no list."""
    return text.isdecimal() and text.isascii() and len(text) < 10


def _check_one_table(table: Mapping[str, Any], override: str, key: Sequence[str]) -> None:
    """A number says which data set or network only where there are several."""
    name = key[0]
    words = {"data": "data sets", "model": "networks"}
    if name in words and len(key) > 1 and _is_place(key[1]) and isinstance(table.get(name, {}), dict):
        alone = setting_shown(".".join([name, *(key[2:] or ["KEY"])]) + override[override.index("=") :])
        raise InputError(
            f"`--set {setting_shown(override)}`: the number selects one of several {words[name]}, but the "
            f"configuration has a single table `[{name}]`. Write `{alone}`, or define several tables `[[{name}]]` in "
            "a file."
        )


def network_overrides(network: str | None, files: Sequence[Path | str]) -> list[str]:
    """What `--network` and `--network-file` set: another network than Cnn14 is pruned in its own scope, and all of it
    is fine-tuned. Frozen base models are of one network and width, so for any other the base models are trained.

    Args:
        network: label; by default the only network of the files.
        files: Python files that define networks.

    Raises:
        InputError: for a file that cannot be used, a label that names no network, or several networks of which none is
            named.
    """
    own = list(file_networks(files))
    if network is None and len(own) > 1:
        raise InputError(
            f"The network files define {', '.join(map('`{}`'.format, own))}: name one with `--network`."
        )
    label = network if network is not None else own[0]
    try:
        resolve_network(label, files)
    except InputError as error:
        raise InputError(f"--network {cut(label)}: {error}") from error
    given = [f"model.network={json.dumps(label)}"]
    if files:
        given.append(f"model.files={json.dumps([str(Path(file).resolve()) for file in files])}")
    if label.strip() != Cnn14Network.name:  # frozen base models are of one network and width
        given.append("base.pretrained=false")
    if label.partition("[")[0] != Cnn14Network.name:  # presets name scopes of Cnn14
        given += ['prune.scopes=["default"]', 'finetune.scopes=["all"]']
    return given


def add_data_files(table: dict[str, Any], files: Sequence[Path | str], overrides: Sequence[str]) -> None:
    """Put a data set of some files in the place of the configuration's, as `--data-file` asks.

    Frozen base models were trained on other data, so base models are trained unless the overrides say otherwise.

    Args:
        table: of the configuration; changed.
        files: Python files that define data sets.
        overrides: as `--set` takes them; one of them may name the data set.

    Raises:
        InputError: for a file that cannot be used, several data sets of which none is named, or several tables
            `[[data]]` of which none names one.
    """
    if not files:
        return
    own, paths = file_sets(files), [str(Path(file).resolve()) for file in files]
    named = [name for name in (text.strip(" \"'") for text in _values_of("data.name", overrides)) if name]
    tables = listed(table.get("data", {}))
    if not all(isinstance(data, dict) for data in tables):
        raise InputError("`data` must be a table, or a list of tables. Found another value.")
    mine = [data for data in tables if _plain(data.get("name")) in own]
    if len(tables) > 1 and not mine:
        raise InputError(
            f"The configuration names several data sets and none of {', '.join(map('`{}`'.format, own))}, which the "
            'data set files define: write a table `[[data]]` with its `name` and `files = ["FILE.py"]`.'
        )
    if not mine:
        mine = [{"name": named[-1] if named else chosen_set(files, "--set data.name=NAME")}]
        table["data"] = mine[0]
    for data in mine:
        data["files"] = [*data.get("files", ()), *paths]
    base = table.setdefault("base", {})
    if isinstance(base, dict):
        base["pretrained"] = False


def _values_of(key: str, overrides: Sequence[str]) -> list[str]:
    """What overrides set a key to, in order."""
    parts = (override.partition("=") for override in overrides)
    return [text for name, _, text in parts if name.strip() == key]


def _plain(label: object) -> str:
    """The name in a label."""
    return str(label).partition("[")[0]


def add_pruner_files(
    table: dict[str, Any], files: Sequence[Path | str], default_criteria: Sequence[str]
) -> None:
    """Add files, and those of their pruners that the criteria do not name yet, as `--pruner-file` asks.

    Args:
        table: of the configuration; changed.
        files: Python files that define pruners.
        default_criteria: those of a configuration that names none.

    Raises:
        InputError: for a file that cannot be used, or criteria that are no list.
    """
    prune = table.setdefault("prune", {})
    if not isinstance(prune, dict) or not all(
        isinstance(prune.get(k, []), list) for k in ("criteria", "files")
    ):
        raise InputError(
            "`prune` must be a table in which `criteria` and `files` are lists. Found other values."
        )
    named = list(prune.get("criteria", default_criteria))
    known = {str(label).partition("[")[0] for label in named}
    prune["files"] = [*prune.get("files", ()), *(str(file) for file in files)]
    prune["criteria"] = [*named, *(name for name in file_pruners(files) if name not in known)]

"""Why a configuration lacks finished cells of a run folder: the keys that took them away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.run.contents import config_table
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.text.parsing import parsed_toml
from prunebench.harness.config.config import Config
from prunebench.harness.config.fields import TABLES
from prunebench.harness.config.grid_keys import CHOOSE_RATE, FREE, JOINED, flat

SHOWN = 3
NO_KEY = (
    ", although no key differs, so a file of a data set, code of a pruner or prunebench itself has changed"
)


def difference(folder: Path, config: Config) -> str:
    """The first keys in which a configuration contradicts the folder's, in brackets; empty if that cannot be read.

    Keys that change no result are left out, and so are those that only add cells: a list that grew, a control that
    was switched on.
    """
    try:
        before = config_table(RunFiles(folder), required=True)
    except InputError:
        return ""
    # What a folder of an earlier version does not name was as usual; a training until it converges has no `steps`.
    usual, named = dict(flat(Config().table())), dict(flat(before))
    if any(key.startswith("base.converge.") for key in named):
        del usual["base.steps"]
    old = usual | named
    new = dict(flat(parsed_toml(config.to_toml())))
    for name in TABLES:
        if name in old or name in new:  # several data sets, or networks, are compared one by one
            old, new = _with_tables(name, before, old), _with_tables(name, config.table(), new)
    told = (_contradiction(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()))
    changed = [text for text in told if text]
    if not changed:
        return NO_KEY
    more = ", …" if len(changed) > SHOWN else ""
    return f" ({', '.join(changed[:SHOWN])}{more})"


def _with_tables(name: str, table: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    found = table.get(name, {})
    others = {key: value for key, value in keys.items() if not key.startswith(f"{name}.")}
    return {**others, name: found if isinstance(found, list) else [found]}


def _contradiction(key: str, old: Any, new: Any) -> str:
    """How a key takes cells away, or nothing."""
    if old == new or key == "claim" or key.startswith(FREE) or (key.startswith("controls.") and new):
        return ""
    if key not in (*JOINED, *TABLES):
        return f"`{key}` is {_shown(old)} in the folder and {_shown(new)} in the configuration"
    lacks = [entry for entry in old or () if entry not in (new or ())]
    if lacks:
        return f"`{key}` of the configuration lacks {', '.join(map(str, lacks))}"
    if key in CHOOSE_RATE and old[:1] != new[:1]:
        return f"`{key}` begins with {old[0]} in the folder and {new[0]} in the configuration"
    return ""


def _shown(value: Any) -> str:
    return "absent" if value is None else str(value)

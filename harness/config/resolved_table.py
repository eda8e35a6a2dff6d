"""A configuration as a table for a file: keys that came later are there only where they say something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network


def resolved_table(dumped: Mapping[str, Any], several: Sequence[str]) -> dict[str, Any]:
    """All fields of a configuration as TOML values.

    A key that was added after the first run folders is left out at its usual value, so that folders of before and of
    now do not differ in it.

    Args:
        dumped: of the configuration, as JSON values.
        several: tables that may stand several times; one that stands once is a plain table.
    """
    table: dict[str, Any] = _without_none(dumped)
    for model in table["model"]:
        for key, usual in (("network", Cnn14Network.name), ("files", [])):
            if model[key] == usual:
                del model[key]
    for data in table["data"]:
        if not data["files"]:
            del data["files"]
    for key in ("target_file_bytes", "target_memory", "target_latency", "limits"):
        if not table["prune"][key]:
            del table["prune"][key]
    if "target_latency" not in table["prune"]:
        del table["prune"]["latency_backend"]
    if table["base"]["pretrained"]:
        del table["base"]["pretrained"]
    if not table["sparsify"]["methods"]:
        del table["sparsify"]
    if "converge" in table["base"]:
        del table["base"]["steps"]  # which is not used
    for name in several:
        if len(table[name]) == 1:
            table[name] = table[name][0]
    return table


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value

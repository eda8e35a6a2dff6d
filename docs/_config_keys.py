"""Writes the keys that a shell offers behind `--set`, from the configuration: `python docs/_config_keys.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[1] / "src/prunebench/cli/completing/config_keys.json"
Told = dict[str, Any]


def keys() -> dict[str, Told]:
    """Dotted key → what it is and, where they are few, its values."""
    from prunebench.harness.config.config import Config

    schema = Config.model_json_schema()
    return dict(_keys(schema, schema.get("$defs", {}), ""))


def _keys(
    table: Mapping[str, Any], definitions: Mapping[str, Any], before: str
) -> Iterator[tuple[str, Told]]:
    for name, node in table.get("properties", {}).items():
        choices = list(_choices(node, definitions))
        values = [value for choice in choices for value in _values(choice)]
        told = {"what": node.get("description", "").replace("`", "")}
        yield f"{before}{name}", told | ({"values": list(dict.fromkeys(values))} if values else {})
        for choice in choices:
            yield from _keys(choice, definitions, f"{before}{name}.")


def _choices(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a node may be, references and the items of lists followed."""
    if "$ref" in node:
        yield from _choices(definitions[node["$ref"].rpartition("/")[2]], definitions)
    elif "items" in node:
        yield from _choices(node["items"], definitions)
    elif "anyOf" in node or "allOf" in node:
        for each in (*node.get("anyOf", ()), *node.get("allOf", ())):
            yield from _choices(each, definitions)
    else:
        yield node


def _values(node: Mapping[str, Any]) -> list[str]:
    if node.get("type") == "boolean":
        return ["true", "false"]
    return [str(value) for value in node.get("enum", [node["const"]] if "const" in node else [])]


def text() -> str:
    """The file."""
    return json.dumps(keys(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

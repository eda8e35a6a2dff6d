"""How several values of a key are written, for users who wrote them without brackets or without quotes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from prunebench.eval.text.inline_value import inline
from prunebench.eval.text.parsing import parsed_toml
from prunebench.harness.config.messages.right_form import number_in

_COMMA = re.compile(r",(?![^\[\]]*\])")  # none between the brackets of a label, `name[a=1,b=2]`

LONGEST = 160  # characters of a list that is shown
_ONE_OF_SEVERAL = "prune.scopes"  # a comma joins the groups of one scope


def list_hint(override: str, schema: Mapping[str, Any]) -> str:
    """A sentence that shows the list, or nothing where one value was meant.

    A shell takes double quotes away, so `--set key=["a","b"]` arrives as `key=[a,b]`, which is no TOML.

    Args:
        override: `key=value` as `--set` gave it.
        schema: JSON schema of the configuration.
    """
    key, _, text = (part.strip() for part in override.partition("="))
    if not _is_list(schema, key.split(".")) or _value(text) is not None:
        return ""
    if key == _ONE_OF_SEVERAL and not text.startswith("["):
        return ""
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    parts = [part.strip().strip("\"'") for part in _COMMA.split(inner) if part.strip()]
    if inner == text and len(parts) < 2:
        return ""
    written = shlex.quote(f"{key}=[{', '.join(map(_written, parts))}]")
    return f" Several values are a list: write `--set {written}`." if len(written) <= LONGEST else ""


def _written(part: str) -> str:
    """A value as TOML has it: a number, or text in quotes."""
    if _value(part) is not None:
        return part
    number = number_in(part)  # `.5`, which TOML lacks
    return json.dumps(part) if number is None else inline(number)


def _value(text: str) -> Any:
    """What the text is in TOML, or None."""
    try:
        return parsed_toml(f"value = {text}")["value"]
    except ValueError:
        return None


def _is_list(schema: Mapping[str, Any], key: list[str]) -> bool:
    """Whether the key of a table takes a list; a list of tables is none."""
    definitions, node = schema.get("$defs", {}), schema
    for part in key:
        name = str(node.get("$ref", "")).rpartition("/")[2]
        node = definitions.get(name, node).get("properties", {}).get(part, {})
    return node.get("type") == "array" and "$ref" not in node.get("items", {})

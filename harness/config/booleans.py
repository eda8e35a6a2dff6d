"""`true` and `false` where a number must be, which pydantic would read as 1 and 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pydantic
from pydantic_core import InitErrorDetails


def refuse_booleans(table: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Refuse `true` or `false` where a number must be, which pydantic would read as 1 and 0.

    Args:
        table: of the configuration, not yet checked.
        schema: JSON schema of the configuration.

    Raises:
        pydantic.ValidationError: with its place, as for any other value of a wrong type.
    """
    for place, value, kinds in _booleans(table, schema, schema.get("$defs", {}), ()):
        kind = "float_type" if "number" in kinds else "int_type"
        error = InitErrorDetails(type=kind, loc=place, input=value)
        raise pydantic.ValidationError.from_exception_data("Config", [error])


def _booleans(
    value: Any, node: Mapping[str, Any], definitions: Mapping[str, Any], place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], bool, set[str]]]:
    choices = list(_choices(node, definitions))
    if isinstance(value, bool):
        entries = [entry for one in choices for entry in _choices(one.get("items", {}), definitions)]
        kinds = {str(one.get("type")) for one in [*choices, *entries]}
        if kinds & {"integer", "number"} and "boolean" not in kinds:
            yield place, value, kinds
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            for one in choices:
                known = one.get("properties") or _table_of(one, definitions)
                if key in known:
                    yield from _booleans(inner, known[key], definitions, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            for one in choices:
                yield from _booleans(inner, one.get("items", {}), definitions, (*place, number))


def _choices(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The node, with what it refers to and may be instead."""
    yield node
    for inner in (*node.get("anyOf", ()), *node.get("allOf", ())):
        yield from _choices(inner, definitions)
    if "$ref" in node:
        yield from _choices(definitions[node["$ref"].rpartition("/")[2]], definitions)


def _table_of(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of the table that a list holds: one table alone is a list of one."""
    inside = _choices(node.get("items", {}), definitions)
    return {key: found for one in inside for key, found in one.get("properties", {}).items()}

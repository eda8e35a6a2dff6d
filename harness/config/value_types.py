"""Values of a wrong type that pydantic would convert: `"0.1"` and `true` to numbers, `0` and `"yes"` to booleans."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pydantic
from pydantic_core import InitErrorDetails

from prunebench.harness.config.messages.right_form import number_in

KeyPath = tuple[str | int, ...]
NUMBERS = {"integer", "number"}


def check_types(table: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check that every value is of a type that its key takes: a number, a boolean and text are never converted.

    A configuration that was read before is written with values of these types, so it passes.

    Args:
        table: of the configuration, not yet checked.
        schema: JSON schema of the configuration.

    Raises:
        pydantic.ValidationError: with its place, as for any other value of a wrong type.
    """
    for place, value, error in _wrong(table, schema, schema.get("$defs", {}), ()):
        raise pydantic.ValidationError.from_exception_data(
            "Config", [InitErrorDetails(type=error, loc=place, input=value)]
        )


def _wrong(
    value: Any, node: Mapping[str, Any], definitions: Mapping[str, Any], place: KeyPath
) -> Iterator[tuple[KeyPath, Any, str]]:
    choices = list(_choices(node, definitions))
    if isinstance(value, bool | int | float | str):
        entries = [entry for one in choices for entry in _choices(one.get("items", {}), definitions)]
        error = _error(value, [*choices, *entries])
        if error is not None:
            yield place, value, error
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            for one in choices:
                known = one.get("properties") or _table_of(one, definitions)
                if key in known:
                    yield from _wrong(inner, known[key], definitions, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            for one in choices:
                yield from _wrong(inner, one.get("items", {}), definitions, (*place, number))


def _error(value: bool | float | str, choices: Sequence[Mapping[str, Any]]) -> str | None:
    """The type of the error of a value that is no list and no table; `None` if pydantic converts nothing."""
    kinds = {str(one["type"]) for one in choices if "type" in one}
    number = "float_type" if "number" in kinds else "int_type"
    if isinstance(value, bool):
        return number if kinds & NUMBERS and "boolean" not in kinds else None
    if isinstance(value, str):
        if "boolean" in kinds:
            return "bool_type"
        free = "string" in kinds and not any("const" in one for one in choices)
        return number if kinds & NUMBERS and not free and number_in(value) is not None else None
    if "boolean" in kinds and not kinds & NUMBERS:
        return "bool_type"
    if "number" in kinds and isinstance(value, int) and abs(value) > sys.float_info.max:
        return "finite_number"
    return "int_type" if kinds & NUMBERS == {"integer"} and not math.isfinite(value) else None


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

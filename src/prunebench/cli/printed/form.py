"""Forms: what a JSON object holds, as a `TypedDict` whose docstring says what each key means.

A form is closed: another key, or a value of another type, does not have the form. What pydantic checks a value against
is also what its JSON Schema is made from (`json_schema.py`), so the two cannot differ.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import types
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, Union, cast, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict, get_original_bases

closed = with_config(ConfigDict(strict=True, extra="forbid"))
"""Decorator of a form that has no other keys."""

MEANINGS = re.compile(r"^    (\S[^:]*): (.*)$")


def opened(values: Mapping[str, Any]) -> Any:
    """Decorator of a form with more keys, whose values have that JSON Schema."""
    return with_config(
        ConfigDict(strict=True, extra="allow", json_schema_extra={"additionalProperties": dict(values)})
    )


def form_of(
    value: type,
    *,
    name: str | None = None,
    optional: Collection[str] = (),
    without: Collection[str] = (),
    instead: Mapping[str, Any] | None = None,
    nan: bool = True,
) -> Any:
    """The form that a dataclass or named tuple has in JSON, with the meanings that its own docstring gives.

    Args:
        value: the class.
        name: of the form, that of the class by default.
        optional: fields that may be absent, here and in what the fields hold.
        without: fields that are not printed, here and in what the fields hold.
        instead: field → its type in JSON.
        nan: numbers that are not finite are printed as `null`.
    """
    types_ = get_type_hints(value)
    names = (
        [field.name for field in dataclasses.fields(value)]
        if dataclasses.is_dataclass(value)
        else list(getattr(value, "_fields", ()))
    )
    found = {}
    for field in names:
        if field in without:
            continue
        kind = (instead or {}).get(field) or _in_json(types_[field], optional, without, nan)
        found[field] = NotRequired[kind] if field in optional else kind
    return _made(name or value.__name__, inspect.getdoc(value) or "", found)


def row(name: str, what: str, keys: Mapping[str, tuple[Any, str]]) -> Any:
    """A form whose keys are headings of a table.

    Args:
        name: of the form.
        what: a row is, in a sentence.
        keys: heading → type and meaning.
    """
    meanings = "\n".join(f"    {key}: {meaning}" for key, (_, meaning) in keys.items())
    return _made(name, f"{what}\n\nFields:\n{meanings}", {key: kind for key, (kind, _) in keys.items()})


def meanings(form: type) -> dict[str, str]:
    """Key → what it means, from the section `Fields` or `Args` of the docstrings of a form and of those it extends."""
    found: dict[str, str] = {}
    for base in get_original_bases(form):
        if isinstance(base, type) and base.__doc__ and hasattr(base, "__required_keys__"):
            found |= meanings(base)
    names: list[str] = []
    doc = inspect.cleandoc(form.__doc__ or "")
    _, _, section = doc.partition("\nFields:\n" if "\nFields:\n" in doc else "\nArgs:\n")
    for line in section.splitlines():
        if line and not line.startswith("    "):
            break
        if (begun := MEANINGS.match(line)) is not None:
            names = begun[1].split(", ") if begun[1] not in form.__annotations__ else [begun[1]]
            found |= dict.fromkeys(names, begun[2])
        elif line.strip():
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found


@functools.cache
def _held(kind: type, optional: tuple[str, ...], without: tuple[str, ...], nan: bool) -> Any:
    """One form for all that hold the class, so that a schema defines it once."""
    return form_of(kind, optional=optional, without=without, nan=nan)


def _made(name: str, doc: str, keys: Mapping[str, Any]) -> Any:
    made = cast(Any, TypedDict)(name, dict(keys))
    made.__doc__ = doc
    return closed(made)


def _in_json(kind: Any, optional: Collection[str], without: Collection[str], nan: bool) -> Any:
    """The type that a value of another type has in JSON."""
    origin, parts = get_origin(kind), get_args(kind)

    def inner(part: Any) -> Any:
        return _in_json(part, optional, without, nan)

    if kind is float:
        return float | None if nan else float
    if kind is Path:
        return str
    if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
        return _held(kind, tuple(optional), tuple(without), nan)
    if origin is None or origin is Literal:
        return kind
    if origin in (Union, types.UnionType):
        return Union[tuple(inner(part) for part in parts)]  # noqa: UP007
    if origin is tuple and parts[-1] is not Ellipsis:
        return tuple[tuple(inner(part) for part in parts)]  # type: ignore[misc]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict[str, inner(parts[1])]  # type: ignore[misc]
    if isinstance(origin, type) and issubclass(origin, Sequence | frozenset):
        return list[inner(parts[0])]  # type: ignore[misc]
    raise TypeError(f"{kind} has no form in JSON here")

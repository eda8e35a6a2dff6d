"""JSON that has the form it should: strict types, checked where a file is read, one short sentence where it has not."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from prunebench.eval.text.parsing import parsed_json
from prunebench.eval.text.plain import plain_values

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

STRICT = {"strict": True}  # as `__pydantic_config__` of a dataclass
LARGEST = 1 << 62  # of whole numbers
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")  # Python writes one for a file name that is no UTF-8
_LONG = re.compile(r"\d{18}")


def parsed(text: str, form: Any) -> Any:
    """The value of a JSON text, as `json` gives it, if it has the required form.

    Args:
        text: to be read.
        form: a type; of a dataclass with strict fields other keys are left alone.

    Raises:
        ValueError: for another value, naming the place in it; for a text that is no JSON.
    """
    found = parsed_json(text)
    check_form(found, text, form)
    return found


def check_form(found: Any, text: str, form: Any) -> None:
    """Check a value that was read already; errors as `parsed`.

    Args:
        found: the value.
        text: that it was read from.
        form: as `parsed` takes it.
    """
    from pydantic import ValidationError

    if _LONG.search(text):
        _check_numbers(found)
    try:
        _adapter(form).validate_json(json.dumps(plain_values(found)) if _HALF_PAIR.search(text) else text)
    except ValidationError as error:
        raise ValueError(_first(error)) from error


def _check_numbers(value: Any) -> None:
    """Whole numbers that no float can hold would fail later, wherever they are computed with."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _check_numbers(item)
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("it contains a whole number with too many digits")


_TYPE = re.compile(r"(?:list|tuple|dict|set)\[")


@functools.cache
def _adapter(form: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    if hasattr(form, "__pydantic_config__"):
        return TypeAdapter(form)
    return TypeAdapter(form, config=ConfigDict(strict=True))


def places(loc: Iterable[int | str]) -> list[str]:
    """Where a problem lies, from pydantic's `loc` without the types among it: `widths`, `3` of `widths.list[int].3`."""
    return [part for part in map(str, loc) if not _TYPE.match(part)]


def first_mismatch(error: ValidationError) -> str:
    """Where a value first departs from its form and how, as a clause: "`widths.3` is not: input should be a list"."""
    first = error.errors()[0]
    where, why = ".".join(places(first["loc"])[:4]), first["msg"]
    return f"`{where:.60}` is not: {why[:1].lower()}{why[1:]:.100}"


def _first(error: ValidationError) -> str:
    """`widths.3` should be a valid integer."""
    problem = error.errors()[0]
    place = ".".join(places(problem["loc"]))[:80]
    said = problem["msg"].removeprefix("Input ")
    return f"`{place}` {said}" if place else f"it {said}"

"""A plug-in class with parameters: its value, or a sentence on what is wrong with them."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from prunebench.pruners.foreign_pruner import raised

T = TypeVar("T")


def made(cls: type[T], parameters: Mapping[str, object], word: str) -> T:
    """The value of a frozen dataclass with a `name`.

    Args:
        cls: the class.
        parameters: fields by name.
        word: what the class is called, `"pruner"`.

    Raises:
        ValueError: for an unknown or missing parameter, or a value that the class refuses or that is not of its kind.
    """
    named: Any = cls
    own, title = [field for field in fields(named) if field.init], f"{word.capitalize()} `{named.name}`"
    for key in parameters:
        if key not in {field.name for field in own}:
            known = ", ".join(f"`{v}`" for v in sorted(field.name for field in own)) or "none"
            raise ValueError(f"{title} has no parameter `{key}`; its parameters: {known}.")
    for field in own:
        if field.default is MISSING and field.default_factory is MISSING and field.name not in parameters:
            raise ValueError(f"{title} needs a parameter: write `{named.name}[{field.name}=…]`.")
    given = ", ".join(f"`{key} = {value!r}`" for key, value in parameters.items())
    try:
        value = cls(**parameters)
    except (ValueError, KeyboardInterrupt):  # the first is how a plug-in refuses a value
        raise
    except BaseException as error:  # of a plug-in
        check_kinds(cls, parameters)  # says what kind is meant, where that is the reason
        raise ValueError(f"{title} cannot take {given or 'its defaults'}: {raised(error)}.") from error
    check_kinds(cls, parameters)
    return value


def check_kinds(cls: type[object], parameters: Mapping[str, object]) -> None:
    """Refuse what no field of a dataclass means: 2.5 for an integer, or true, which Python takes for 1, for a number.

    Args:
        cls: the dataclass, whose own checks come first, since they name the range.
        parameters: fields by name, as a label has them.

    Raises:
        ValueError: for a value of another kind than the annotation `int`, `float` or `bool` of its field.
    """
    declared: Any = cls
    kinds = {field.name: _kind(field.type) for field in fields(declared)}
    for name, value in parameters.items():
        must = kinds.get(name, "")
        if must and not _is(value, must):
            said = str(value).lower() if isinstance(value, bool) else value
            raise ValueError(f"Parameter `{name}` must be {must}. Found `{name} = {said}`.")


def check_whole(name: str, value: object, low: int, high: int) -> None:
    """Refuse a value of a parameter that is no integer from `low` to `high`.

    Raises:
        ValueError: with both bounds.
    """
    if not _is(value, _WORDS["int"]) or not low <= value <= high:  # type: ignore[operator]  # an integer by then
        raise ValueError(
            f"Parameter `{name}` must be an integer from {low} to {high:,}. Found `{name} = {value}`."
        )


_WORDS = {"int": "an integer", "float": "a number", "bool": "true or false"}


def _kind(annotation: object) -> str:
    """What values of an annotation are, in words; nothing where that is none of three simple kinds."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return _WORDS.get(text, "")


def _is(value: object, must: str) -> bool:
    if must == _WORDS["bool"]:
        return isinstance(value, bool)
    kind = numbers.Integral if must == _WORDS["int"] else numbers.Real
    return isinstance(value, kind) and not isinstance(value, bool)

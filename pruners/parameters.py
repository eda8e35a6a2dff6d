"""A plug-in class with parameters: its value, or a sentence on what is wrong with them."""

from __future__ import annotations

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
        ValueError: for an unknown or missing parameter, or a value that the class refuses.
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
        return cls(**parameters)
    except (ValueError, KeyboardInterrupt):  # the first is how a plug-in refuses a value
        raise
    except BaseException as error:  # of a plug-in
        raise ValueError(f"{title} cannot take {given or 'its defaults'}: {raised(error)}.") from error

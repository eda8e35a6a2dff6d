"""Labels: how a value with a name and parameters is written, `"operator_norm[centre=False]"`, and read again."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, fields
from typing import Protocol

TRUTH = {"true": True, "false": False}  # as TOML writes them


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """What users type."""


@dataclass(frozen=True)
class Labelled:
    """A frozen dataclass whose label is its name and the parameters that differ from their defaults."""

    @property
    def label(self: Named) -> str:
        """The selection string and row label."""
        changed = [
            f"{field.name}={getattr(self, field.name)}"
            for field in fields(self)  # type: ignore[arg-type]  # a Labelled is a dataclass
            if field.name != "name" and getattr(self, field.name) != field.default
        ]
        return f"{self.name}[{','.join(changed)}]" if changed else self.name


def split_label(label: str, word: str = "pruner") -> tuple[str, dict[str, object]]:
    """Name and parameters of a label as `Labelled` writes it.

    Args:
        label: to read.
        word: what has such a label.

    Raises:
        ValueError: for a label of another form.
    """
    one = f"{'An' if word[0] in 'aeiou' else 'A'} {word}"
    offered: object = label
    if not isinstance(offered, str):
        raise ValueError(f"{one} is given by its name, as text. Found {type(offered).__name__}.")
    match = re.fullmatch(r"([\w:./-]+)(?:\[(.*)\])?", label)
    if match is None:
        raise ValueError(f"{one} is written `name` or `name[parameter=value,…]`. Found `{label}`.")
    parameters: dict[str, object] = {}
    for part in filter(None, (match[2] or "").split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{one}'s parameters are written `name=value`. Found `{part}` in `{label}`.")
        if key.strip() in parameters:
            raise ValueError(f"{one} takes each parameter once. Found `{key.strip()}` twice in `{label}`.")
        try:
            parameters[key.strip()] = (
                TRUTH[given] if (given := value.strip()) in TRUTH else ast.literal_eval(given)
            )
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            parameters[key.strip()] = value.strip()
    return match[1], parameters

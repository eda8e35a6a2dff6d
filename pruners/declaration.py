"""Does a class declare itself as the contract asks?"""

from __future__ import annotations

import inspect
import re
from typing import get_args

from prunebench.pruners.contract import COLLECTED, Need, Pruner, Trait


def class_problem(cls: object, base: type, place: str) -> str | None:
    """What every plug-in class must have and has not, as a sentence; `None` where nothing is amiss.

    Args:
        cls: that is offered.
        base: the class that it must subclass.
        place: where `base` is imported from.
    """
    if not (inspect.isclass(cls) and issubclass(cls, base)):
        return f"it must subclass `{place}.{base.__name__}`."
    if inspect.isabstract(cls):
        lacking = sorted(getattr(cls, "__abstractmethods__", ()))
        return f"it must define {' and '.join(f'`{name}`' for name in lacking)}."
    # A class without the decorator inherits the parameters of its base, so only its own count.
    own = vars(cls).get("__dataclass_params__")
    if own is None or not own.frozen:
        return f"its class must be decorated with `@dataclass(frozen=True)`: decorate `{cls.__name__}`."
    if not isinstance(name := getattr(cls, "name", ""), str) or not re.fullmatch(r"[\w:./-]+", name):
        return f"class attribute `name` must be a word of letters, digits and `_:./-`. Found {name!r}: declare one."
    if not isinstance(getattr(cls, "reference", None), str):
        return (
            "class attribute `reference` must be a key of `references.bib`, or an empty string where there is "
            "none: declare it."
        )
    version: object = getattr(cls, "version", None)
    if not isinstance(version, int) or version < 1:
        return f"class attribute `version` must be an integer of at least 1. Found {version!r}."
    return None


def declaration_problem(cls: object) -> str | None:
    """What the class of a pruner must have and has not, as a sentence; `None` where nothing is amiss."""
    amiss = class_problem(cls, Pruner, "prunebench.pruners")
    if amiss is not None:
        return amiss
    assert isinstance(cls, type)
    assert issubclass(cls, Pruner)
    unknown = set(cls.needs) - set(get_args(Need))
    if unknown:
        return f"`needs` may contain only {sorted(get_args(Need))}. Found {sorted(unknown)}."
    strange = set(cls.layers) - set(get_args(Trait))
    if strange:
        return f"`layers` may contain only {sorted(get_args(Trait))}. Found {sorted(strange)}."
    if cls.needs & COLLECTED and cls.observe is Pruner.observe:
        return (
            "it must define `observe`, which accumulates what it needs from the clips: "
            f"{sorted(cls.needs & COLLECTED)}."
        )
    return None

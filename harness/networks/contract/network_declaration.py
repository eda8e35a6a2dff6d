"""Does a class declare itself as a network must?"""

from __future__ import annotations

import inspect
import re

from prunebench.harness.networks.contract.network import Network


def declaration_problem(cls: object) -> str | None:
    """What the class of a network must have and has not, as a sentence; `None` where nothing is amiss."""
    if not (inspect.isclass(cls) and issubclass(cls, Network)):
        return "it must subclass `prunebench.harness.networks.Network`."
    if inspect.isabstract(cls):
        return f"it must define {' and '.join(f'`{name}`' for name in sorted(cls.__abstractmethods__))}."
    own = vars(cls).get("__dataclass_params__")  # a class without the decorator inherits those of `Network`
    if own is None or not own.frozen:
        return f"its class must be decorated with `@dataclass(frozen=True)`: decorate `{cls.__name__}`."
    if not isinstance(name := getattr(cls, "name", ""), str) or not re.fullmatch(r"[\w:./-]+", name):
        return "class attribute `name` must be a word without blanks or brackets: declare it."
    if not isinstance(getattr(cls, "reference", None), str):
        return (
            "class attribute `reference` must be a key of `references.bib`, or an empty string: declare it."
        )
    version: object = cls.version
    if not isinstance(version, int) or version < 1:
        return f"class attribute `version` must be an integer of at least 1. Found {version!r}."
    return None

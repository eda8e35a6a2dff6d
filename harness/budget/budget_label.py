"""Labels of allocations and schedules, read with the nearest valid names where one is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import TypeVar

from prunebench.eval.errors import InputError, nearest
from prunebench.pruners.label import Labelled, split_label
from prunebench.pruners.parameters import check_kinds

T = TypeVar("T", bound=Labelled)


def read_label(kind: str, label: str, classes: dict[str, type[T]], others: Iterable[str] = ()) -> T:
    """The value that a label names.

    Args:
        kind: what it is, for the error: `"allocation"`.
        label: the name and the parameters that differ from their defaults.
        classes: name → class; a class that several names share has a field `name`.
        others: names that are valid, too, and read elsewhere.

    Raises:
        InputError: for an unknown name or parameter, or what the class refuses.
    """
    try:
        name, parameters = split_label(label, kind)
    except ValueError as error:
        if label.partition("[")[0] in classes and label.endswith("]"):
            raise InputError(str(error)) from error
        name, parameters = label, {}
    if name not in classes:
        raise InputError(f"Unknown {kind} `{label}`; {nearest(name, [*classes, *others])}")
    known: Collection[str] = [field.name for field in fields(classes[name])]
    own = {"name": name} if "name" in known else {}
    for parameter in parameters:
        if parameter not in known or parameter in own:
            valid = [field for field in known if field not in own]
            raise InputError(
                f"{kind.capitalize()} `{name}` has no parameter `{parameter}`; {nearest(parameter, valid)}"
            )
    found = classes[name](**own, **parameters)
    try:
        check_kinds(classes[name], parameters)
    except ValueError as error:
        raise InputError(str(error)) from error
    return found

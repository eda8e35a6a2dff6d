"""Values of options of a data set, checked one by one."""

from __future__ import annotations

from prunebench.eval.errors import InputError


def check_integer(
    option: str, found: object, least: int, most: int | None = None, *, or_else: str = ""
) -> None:
    """An integer in a range; `or_else` names what else may be given.

    Raises:
        InputError: for anything else.
    """
    if (
        isinstance(found, bool)
        or not isinstance(found, int)
        or found < least
        or (most is not None and found > most)
    ):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        needed = " ".join(filter(None, ("an integer", bounds, or_else)))
        raise InputError(f"Option `{option}` must be {needed}. Found `{option} = {found}`.")


def check_number(option: str, found: object, least: float, most: float) -> None:
    """A number in a range, or `None`.

    Raises:
        InputError: for anything else.
    """
    if found is None:
        return
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
        raise InputError(
            f"Option `{option}` must be a number from {least} to {most}. Found `{option} = {found}`."
        )

"""Runs of names that differ in one number: `features.2.block.0.0` … `features.9.block.0.0` in one word."""

from __future__ import annotations

import re
from collections.abc import Sequence

NUMBER = re.compile(r"\d+")


def in_ranges(names: Sequence[str]) -> list[str]:
    """The names in their order; neighbours that count one number up by one are written as one.

    Three or more become one word, such as `features.2–9.block.0.0`; no name is lost or added.
    """
    found: list[str] = []
    start = 0
    while start < len(names):
        end, place = start + 1, None
        while end < len(names):
            step = _step(names[end - 1], names[end])
            if step is None or place not in (None, step):
                break
            place, end = step, end + 1
        if place is not None and end - start > 2:
            found.append(_joined(names[start], names[end - 1], place))
            start = end
        else:
            found.append(names[start])
            start += 1
    return found


def _step(one: str, other: str) -> int | None:
    """Which number of the first name is one less than that of the second, where all else is the same."""
    if NUMBER.split(one) != NUMBER.split(other):
        return None
    pairs = enumerate(zip(NUMBER.findall(one), NUMBER.findall(other), strict=True))
    differ = [(place, int(second) - int(first)) for place, (first, second) in pairs if first != second]
    return differ[0][0] if [by for _, by in differ] == [1] else None


def _joined(first: str, last: str, place: int) -> str:
    number = list(NUMBER.finditer(first))[place]
    end = list(NUMBER.finditer(last))[place]
    return f"{first[: number.end()]}–{end[0]}{first[number.end() :]}"

"""Short names of the widths of several architectures: the first and the last, and where those coincide the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def labels_of(architectures: Mapping[tuple[int, ...], Sequence[str]]) -> dict[tuple[int, ...], str]:
    """A name for each: `8–256`; `8–256 (C2 16)` and `8–256 (C2 8)` where the ends say too little.

    Args:
        architectures: widths → names of the groups that they count.
    """
    alike: dict[str, list[tuple[int, ...]]] = {}
    for widths in architectures:
        alike.setdefault(f"{widths[0]}–{widths[-1]}", []).append(widths)
    return {
        widths: f"{ends}{_others(widths, several, architectures)}"
        for ends, several in alike.items()
        for widths in several
    }


def _others(
    widths: tuple[int, ...],
    several: Sequence[tuple[int, ...]],
    architectures: Mapping[tuple[int, ...], Sequence[str]],
) -> str:
    """The widths by which it differs from the others with its ends; all widths where groups are not the same."""
    if len(several) == 1:
        return ""
    if len({tuple(architectures[each]) for each in several}) > 1:
        return f" ({', '.join(map(str, widths))})"
    differ = [i for i in range(len(widths)) if len({each[i] for each in several}) > 1]
    return f" ({', '.join(f'{architectures[widths][i]} {widths[i]}' for i in differ)})"

"""The parameter `width` of networks that can be made narrower or wider."""

from __future__ import annotations

from prunebench.eval.errors import InputError


def check_width(width: object) -> None:
    """Refuse what is no factor of channel counts.

    Raises:
        InputError: for what is no number in (0, 4].
    """
    if isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width <= 4:
        raise InputError(f"Parameter `width` must lie in (0, 4]. Found `{width}`.")

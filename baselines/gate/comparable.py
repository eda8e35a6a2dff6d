"""What must be the same on both sides before figures are compared.

A model with fewer classes, or one that hears at a lower rate, costs less and is no better pruned.
"""

from __future__ import annotations

from collections.abc import Iterator

from prunebench.baselines.regression.operating_point import Figures
from prunebench.eval.errors import InputError
from prunebench.eval.text.written_labels import written


def check_comparable(entry: str, before: Figures, after: Figures) -> None:
    """Refuse figures of a model that is not comparable with that of the baseline.

    Args:
        entry: its name.
        before, after: in the baseline and now. What one of them does not say is not compared.

    Raises:
        InputError: for another network, other classes or another front end.
    """
    for held, found in what_differs(before, after):
        raise InputError(
            f"Entry `{written(entry)}` of the baseline belongs to a model with {held}. Found a model with {found}: "
            f"give a model with {held}, or save a new baseline of this model."
        )


def what_differs(before: Figures, after: Figures) -> Iterator[tuple[str, str]]:
    """What keeps two models from being compared, on each side in words: `("527 classes", "10 classes")`."""
    if before.network != after.network:
        yield f"the network `{before.network}`", f"the network `{after.network}`"
    if classes_differ(before, after):
        yield _classes(before), _classes(after)
    if before.front_end and after.front_end and before.front_end != after.front_end:
        yield _front_end(before), _front_end(after)


def classes_differ(before: Figures, after: Figures) -> bool:
    """Whether two models are known to have different numbers of classes."""
    return None not in (before.n_classes, after.n_classes) and before.n_classes != after.n_classes


def _classes(figures: Figures) -> str:
    return f"{figures.n_classes:,} class{'es' * (figures.n_classes != 1)}"


def _front_end(figures: Figures) -> str:
    front = figures.front_end
    assert front is not None
    return f"a front end at {front.sample_rate:,} Hz (window {front.window:,}, hop {front.hop:,}, {front.mels} mels)"

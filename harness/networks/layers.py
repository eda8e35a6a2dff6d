"""The layers of Cnn14 by name, and the scopes that pruning and fine-tuning are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prunebench.eval.errors import InputError, nearest

LAYERS = tuple(f"C{i}" for i in range(1, 13))
TAIL_BLOCK = 4  # conv_block4 is the first of the tail, which the fine-tuning scope `tail` trains
PUBLISHED_WIDTHS = (64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 2048, 2048)
STEM = LAYERS[: 2 * (TAIL_BLOCK - 1)]  # C1–C6
DEFAULT_SCOPE = "C7-C12"  # the tail, as in E-PANNs
NAMED_SCOPES = {"all": "C1-C12", "inner": "C1-C12", "tail": "C7-C12"}  # words that every network knows


@dataclass(frozen=True)
class Scope:
    """Layers that are pruned together.

    Args:
        label: what records call them.
        layers: groups by name, in the order of the network; none where nothing is pruned.
        in_tail: whether the stem, C1–C6 in Cnn14, stays as it is, so that the scope can be fine-tuned through its
            cached outputs.
    """

    label: str = "none"
    layers: tuple[str, ...] = ()
    in_tail: bool = True

    @classmethod
    def parse(cls, text: str) -> Scope:
        """The scope that a text names; errors as `parse_scope`."""
        layers = parse_scope(text)
        return cls(scope_name(layers), layers, not set(layers) & set(STEM))


NOTHING = Scope()


def parse_scope(scope: str | Sequence[str]) -> tuple[str, ...]:
    """Layers of a scope in the order of the network.

    Args:
        scope: `"C7-C12"`, `"C8"`, `"C1-C3,C12"`, or a sequence of layer names.

    Raises:
        InputError: for an unknown layer or a range that runs backwards.
    """
    parts = scope.split(",") if isinstance(scope, str) else list(scope)
    chosen: set[str] = set()
    for part in parts:
        first, dash, last = part.strip().partition("-")
        for name in (first, last) if dash else (first,):
            if name not in LAYERS:
                raise InputError(f"A layer must be one of C1 … C12. Found `{name}`; {nearest(name, LAYERS)}")
        start, stop = LAYERS.index(first), LAYERS.index(last if dash else first)
        if start > stop:
            raise InputError(
                f"A scope must run from the lower to the higher layer. Found `{part.strip()}`: write `{last}-{first}`."
            )
        chosen.update(LAYERS[start : stop + 1])
    return tuple(layer for layer in LAYERS if layer in chosen)


def scope_name(layers: Sequence[str]) -> str:
    """The shortest name of a scope: `"C7-C12"` for six layers in a row."""
    runs = _consecutive([LAYERS.index(layer) + 1 for layer in layers])
    return ",".join(f"C{run[0]}" if len(run) == 1 else f"C{run[0]}-C{run[-1]}" for run in runs)


def _consecutive(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs

"""Exact figures of a checkpoint of any network, as the gate holds them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prunebench.baselines import Figures
    from prunebench.harness.networks.contract.tagger import Tagger


def entry_of_checkpoint(
    path: Path, network: str | None = None, files: Sequence[Path] = ()
) -> dict[str, Figures]:
    """The one entry of a checkpoint.

    Args:
        path: of the file.
        network: label of its network; by default what the file says, else Cnn14.
        files: Python files that define networks.
    """
    from prunebench import baselines
    from prunebench.harness.networks.cnn14 import Cnn14
    from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint

    tagger = read_any_checkpoint(path, network, files).tagger
    if isinstance(tagger.model, Cnn14):
        return baselines.figures_of_model(tagger.model, path.stat().st_size)
    return {baselines.MODEL_ENTRY: figures_of_tagger(tagger, path)}


def figures_of_tagger(tagger: Tagger, path: Path) -> Figures:
    """Widths by group, exact costs, the bytes of the weights and of the file that the model was read from.

    Raises:
        InputError: where a cost cannot be counted.
    """
    from prunebench import baselines
    from prunebench.eval.errors import InputError
    from prunebench.harness.measuring.tagger_figures import tagger_figures

    figures, failed = tagger_figures(tagger, path)
    for name in (*baselines.COSTS, "state_dict_bytes"):
        if name not in figures:
            raise InputError(
                f"The gate holds `{name}`, which cannot be counted of `{tagger.network.label}`: {failed.get(name)}"
            )
    costs: dict[str, Any] = {name: int(figures[name]) for name in baselines.COSTS}
    return baselines.Figures(
        network=tagger.network.label,
        widths=figures["widths"],
        **costs,
        file_bytes=int(figures["state_dict_bytes"]),
        checkpoint_bytes=figures.get("file_bytes"),
    )

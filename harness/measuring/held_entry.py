"""Exact figures of a model of any network, as the gate holds them."""

from __future__ import annotations

from prunebench.baselines.regression.figures_of_model import figures_of_model
from prunebench.baselines.regression.operating_point import Figures
from prunebench.eval.cost.geometry import SECONDS
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import filters_of


def held_entry(tagger: Tagger, own_bytes: int | None = None) -> dict[str, Figures]:
    """The one entry of a model: widths, exact costs, and the bytes of its weights and of its file.

    Args:
        tagger: the model.
        own_bytes: of the file that it was read from, where it was.

    Raises:
        InputError: for MACs that cannot be counted.
    """
    model = measurable_of(tagger)
    if isinstance(tagger.model, Cnn14):
        return figures_of_model(model, own_bytes)
    label = tagger.network.label
    with foreign_code(f"Network `{label}` must take a clip of {SECONDS} s"):
        return figures_of_model(model, own_bytes, network=label, widths=dict(filters_of(tagger.groups)))

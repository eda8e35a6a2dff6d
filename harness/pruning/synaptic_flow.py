"""How much flows through each filter from an input of ones, and the order in which filters of least flow leave.

Tanaka et al., *Pruning neural networks without any data by iteratively conserving synaptic flow*, NeurIPS 2020,
arXiv:2006.05467, for filters instead of single weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.pruning.linear_network import LinearFunctions, absolute


class Leaving(NamedTuple):
    """A filter, and what flows through it as it leaves."""

    flow: float
    group: str
    filter: int


def places_by_flow(tagger: Tagger, groups: Sequence[Group], rounds: int) -> dict[str, Tensor]:
    """Where each filter stands in the order of leaving: 0 for the first of all groups, 1 for the last.

    The filters that are left shrink by one factor from round to round, until one is left in each group. Each round
    computes the flows anew and masks the filters of least flow, whatever their group; the one of most flow in a group
    stays, so no layer is emptied. Equal flows leave in the order of the groups and of their filters. All filters
    without any flow have the place 0.

    Args:
        tagger: left as it is.
        groups: of the model, whose filters are ordered.
        rounds: at least 1.

    Raises:
        InputError: for a model that does not run in double precision, or whose flow is too large for it.
    """
    twin = absolute(tagger)
    alive = {group.name: torch.ones(group.filters, dtype=torch.bool) for group in groups}
    every = sum(group.filters for group in groups)
    order: list[Leaving] = []
    flows, _ = flow_of_filters(twin, groups)
    for number in range(1, rounds + 1):
        left = round(every * (len(groups) / every) ** (number / rounds))
        leaving = every - len(order) - left
        if leaving <= 0:
            continue
        gone = _ascending(flows, alive, keep=1)[:leaving]
        order += gone
        for one in gone:
            alive[one.group][one.filter] = False
        mask(twin, groups, alive)
        flows, _ = flow_of_filters(twin, groups)
    order += _ascending(flows, alive, keep=0)
    places = {group.name: torch.zeros(group.filters, dtype=torch.float64) for group in groups}
    for place, one in enumerate(order):
        if one.flow > 0:
            places[one.group][one.filter] = place / max(every - 1, 1)
    device = next(tagger.model.parameters()).device
    return {name: values.to(device) for name, values in places.items()}


@torch.inference_mode(False)  # of a caller, in which nothing takes gradients
def flow_of_filters(twin: Tagger, groups: Sequence[Group]) -> tuple[dict[str, Tensor], float]:
    """Flow of each filter, θ · ∂R/∂θ summed over its incoming weights in all layers that compute it, and R.

    Args:
        twin: as `absolute` makes it.
        groups: whose filters are asked for.

    Returns:
        group → (filters,) in float64 on the processor, and R, the sum of the logits for an input of ones.

    Raises:
        InputError: as `places_by_flow`.
    """
    weights = {writer.module: _weight(twin, writer.module) for group in groups for writer in group.writers}
    ones = torch.ones_like(twin.network.example(twin.model), dtype=torch.float64)
    kind = type(twin.model).__name__
    with (
        torch.enable_grad(),
        foreign_code(f"{kind} must run in double precision, because synaptic flow is computed in it"),
        LinearFunctions(),
    ):
        total = twin.logits(ones).sum()
        found = torch.autograd.grad(total, list(weights.values()), allow_unused=True)
    if not bool(total.isfinite()):
        raise InputError(
            f"The synaptic flow of a network must be finite in double precision. Found {total.item()} for {kind}: "
            "use another criterion."
        )
    flows = {}
    for (module, weight), gradient in zip(weights.items(), found, strict=True):
        through = torch.zeros_like(weight) if gradient is None else weight.detach() * gradient
        flows[module] = through.flatten(1).sum(1).cpu()
    summed = {
        group.name: torch.stack([flows[writer.module] for writer in group.writers]).sum(0) for group in groups
    }
    return summed, total.item()


@torch.no_grad()
def mask(twin: Tagger, groups: Sequence[Group], alive: Mapping[str, Tensor]) -> None:
    """Silence filters in place: the weights of all layers that compute them are 0."""
    for group in groups:
        for writer in group.writers:
            weight = _weight(twin, writer.module)
            weight[~alive[group.name].to(weight.device)] = 0


def _ascending(flows: Mapping[str, Tensor], alive: Mapping[str, Tensor], *, keep: int) -> list[Leaving]:
    """The filters that are left, those of least flow first, without so many of most flow in each group."""
    free: list[Leaving] = []
    for name, own in alive.items():
        left = [Leaving(float(flows[name][k]), name, k) for k in own.nonzero().flatten().tolist()]
        free += sorted(left, key=lambda one: one.flow)[: len(left) - keep]
    return sorted(free, key=lambda one: one.flow)


def _weight(twin: Tagger, module: str) -> Tensor:
    found = twin.model.get_submodule(module).weight
    assert isinstance(found, Tensor)
    return found

"""Checks of what scores must not depend on, or only as declared."""

from __future__ import annotations

import torch
from torch import Tensor

from prunebench.pruners.contract import Pruner
from prunebench.pruners.score_agreement import assert_close, close, same_order
from prunebench.pruners.specimen import Specimen, gaussian


def check_deterministic(pruner: Pruner) -> None:
    """The same layer and seed give the same scores, to the last bit, when the pruner is called again."""
    specimen = gaussian()
    assert torch.equal(specimen.scores(pruner, seed=3), specimen.scores(pruner, seed=3)), (
        "the same layer and seed must give the same scores: draw from `layer.generator`."
    )


def check_permutation(pruner: Pruner) -> None:
    """Scores follow the filters when these are stored in another order, up to exchange of exact twins."""
    if not pruner.order_free:
        return
    twinned = torch.tensor([0, 1, 2, 2, 3, 4, 5, 5, 5, 6, 7, 8])
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    for origin in (torch.arange(12), twinned):
        specimen = gaussian().select(origin)
        stored, reordered = specimen.scores(pruner), specimen.select(order).scores(pruner)
        assert_close(
            _sorted_among_twins(stored, origin),
            _sorted_among_twins(reordered, origin[order]),
            "every filter must keep its score when the filters are stored in another order: remove what depends on "
            "the index, or declare `order_free = False`",
        )


def check_sign(pruner: Pruner) -> None:
    """Scores stay when some filters change sign, if and only if `sign_free` is declared."""
    sign = torch.tensor([1.0, -1.0, -1.0] * 4).view(-1, 1, 1, 1)
    specimen = gaussian()
    flipped = specimen.each(lambda name, t: t * sign if name == "weight" else t)
    stays = close(specimen.scores(pruner), flipped.scores(pruner))
    assert stays == pruner.sign_free, _misdeclared("sign_free", stays, "some filters change sign")


def check_scale(pruner: Pruner) -> None:
    """The order stays when a layer is scaled, if and only if `scale_free` is declared."""
    specimen = gaussian()
    scores = specimen.scores(pruner)
    stays = all(same_order(scores, _scaled(specimen, 2.0**power).scores(pruner)) for power in (-20, 20))
    assert stays == pruner.scale_free, _misdeclared("scale_free", stays, "the layer is scaled by 2^±20")


def _misdeclared(trait: str, holds: bool, when: str) -> str:
    does = "stay" if holds else "change"
    return f"its scores {does} when {when}: declare `{trait} = {holds}`."


def _sorted_among_twins(scores: Tensor, origin: Tensor) -> Tensor:
    """Scores by origin, those of one origin ascending: equal for layers that differ in storage alone."""
    by_score = scores.argsort()
    return scores[by_score][origin[by_score].argsort(stable=True)]


def _scaled(specimen: Specimen, factor: float) -> Specimen:
    return specimen.each(lambda name, t: t * (factor**2 if name == "running_var" else factor))

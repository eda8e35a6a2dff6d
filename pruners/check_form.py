"""Checks of a pruner's declaration and of the form of its scores."""

from __future__ import annotations

import pickle

import torch
from torch import Tensor

from prunebench.pruners.contract import Pruner
from prunebench.pruners.declaration import declaration_problem
from prunebench.pruners.label import split_label
from prunebench.pruners.score_agreement import assert_close, assert_finite
from prunebench.pruners.specimen import gaussian


def check_declaration(pruner: Pruner) -> None:
    """A frozen dataclass, picklable, with `name`, `reference`, `version` and known `needs`."""
    problem = declaration_problem(type(pruner))
    assert problem is None, problem
    copy = pickle.loads(pickle.dumps(pruner))
    assert (copy, hash(copy)) == (pruner, hash(pruner)), (
        "a pickled copy must be equal to the original and have the same hash: keep all state in fields of "
        "immutable types."
    )


def check_label(pruner: Pruner) -> None:
    """The label gives the pruner back."""
    name, parameters = split_label(pruner.label)
    assert name == pruner.name, f"the label must begin with the name. Found {pruner.label!r}."
    again = type(pruner)(**parameters)
    assert again == pruner, (
        f"label {pruner.label!r} must give back {pruner!r}. Found {again!r}: use numbers, booleans or words "
        "without commas as parameters."
    )


def check_shape(pruner: Pruner) -> None:
    """One floating-point score per filter, whatever the shape of the layer."""
    for specimen in (gaussian(), gaussian(3, 9), gaussian(9, 1), gaussian(linear_consumer=True)):
        filters = specimen.tensors["weight"].shape[:1]
        scores = specimen.scores(pruner)
        assert isinstance(scores, Tensor), f"`score` must return a tensor. Found {type(scores).__name__}."
        assert scores.layout is torch.strided, f"scores must be dense. Found {scores.layout}."
        assert not scores.is_meta, "scores must have values. Found a tensor on the device `meta`."
        assert scores.shape == filters, (
            f"scores must have shape {tuple(filters)}. Found {tuple(scores.shape)}."
        )
        assert scores.is_floating_point(), f"scores must be floating point. Found {scores.dtype}."


def check_finite(pruner: Pruner) -> None:
    """Finite scores for finite weights, also where the sizes of filters differ by 10 to the 16."""
    sizes = torch.logspace(-8, 8, 12)
    assert_finite(gaussian().scores(pruner))
    assert_finite(
        gaussian().each(lambda name, t: t * sizes.view(-1, 1, 1, 1) if name == "weight" else t).scores(pruner)
    )


def check_dtype(pruner: Pruner) -> None:
    """The same numbers in float64 give the same scores."""
    specimen = gaussian()
    assert_close(
        specimen.scores(pruner),
        specimen.each(lambda _, t: t.double()).scores(pruner),
        "float32 and float64 must agree: compute in the precision of the layer or in float64",
    )


def check_device(pruner: Pruner) -> None:
    """Scores lie on the layer's device: the CPU, and CUDA where there is one."""
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        # Bound now, because the closure outlives this turn of the loop.
        specimen = gaussian().each(lambda _, t, to=device: t.to(to))  # type: ignore[misc]
        found = specimen.scores(pruner).device.type
        assert found == device, f"scores must lie on the layer's device, {device}. Found {found}."

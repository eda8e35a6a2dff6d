"""Variance of activations, and the means that are folded, against slow re-derivations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from prunebench.pruners import get, running_moments
from prunebench.pruners.activation_variance import ActivationVariance
from prunebench.pruners.specimen import Specimen, gaussian
from prunebench.pruners.testing import check_pruner


def with_values(name: str, values: Tensor, batch: int = 2) -> Specimen:
    """A layer with other activations or inputs of its reader, (clips, filters, …)."""
    tensors = dict(gaussian(values.shape[1], clips=len(values)).tensors)
    return Specimen(tensors | {name: values}, batch)


@st.composite
def values_of_clips(draw: st.DrawFn) -> Tensor:
    shape = [draw(st.integers(1, most)) for most in (5, 5, 7, 7)]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    offset = draw(st.sampled_from([0.0, 100.0]))
    return (torch.randn(shape, generator=generator) + offset).relu() * 10.0 ** draw(st.integers(-6, 6))


@settings(max_examples=30, deadline=None)
@given(values_of_clips(), st.integers(1, 3))
def test_variance_follows_its_definition(maps: Tensor, batch: int) -> None:
    filters = maps.double().transpose(0, 1).flatten(1).tolist()
    means = [sum(values) / len(values) for values in filters]
    expected = [
        sum((a - mean) ** 2 for a in values) / len(values)
        for values, mean in zip(filters, means, strict=True)
    ]
    found = with_values("activations", maps, batch).scores(ActivationVariance())
    assert found.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-18 * float(maps.max()) ** 2)


@settings(max_examples=20, deadline=None)
@given(values_of_clips(), st.integers(1, 3))
def test_the_constants_are_the_means_of_what_the_reader_reads(inputs: Tensor, batch: int) -> None:
    specimen, folding = with_values("consumer_input", inputs, batch), ActivationVariance(fold=True)
    found = folding.constants(specimen.observed(folding))
    expected = inputs.double().transpose(0, 1).flatten(1).mean(1)
    assert found is not None
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)
    assert torch.equal(specimen.scores(folding), specimen.scores(ActivationVariance()))


def test_without_folding_there_are_no_constants() -> None:
    specimen = gaussian()
    assert ActivationVariance().constants(specimen.observed(ActivationVariance())) is None


def test_a_linear_layer_has_its_filters_last() -> None:
    """Tokens (clips, tokens, filters) and single values (clips, filters)."""
    generator = torch.Generator().manual_seed(0)
    tokens, folding = torch.randn(4, 5, 3, generator=generator), ActivationVariance(fold=True)
    for values in (tokens, tokens[:, 0]):
        tensors = dict(gaussian(3).tensors) | {
            "weight": torch.ones(3, 2),
            "consumer_weight": torch.ones(2, 3),
        }
        specimen = Specimen(tensors | {"activations": values, "consumer_input": 2 * values})
        every = values.double().reshape(-1, 3)
        torch.testing.assert_close(specimen.scores(folding), every.var(0, correction=0))
        torch.testing.assert_close(folding.constants(specimen.observed(folding)), 2 * every.mean(0))


def test_a_large_mean_takes_no_digits() -> None:
    """Squares summed in float64 would leave nothing of a deviation of 1e-9 times the mean."""
    values = torch.tensor([[1e9 - 1, 1e9, 1e9 + 1, 1e9 + 4]], dtype=torch.float64)
    halves = running_moments.add(running_moments.add(None, values[:, :2]), values[:, 2:])
    assert running_moments.variance(halves).item() == pytest.approx(np.var([-1, 0, 1, 4]), rel=1e-12)
    assert running_moments.mean(halves).item() == 1e9 + 1


def test_the_folding_variant_keeps_the_contract() -> None:
    check_pruner(ActivationVariance(fold=True))


def test_the_label_is_written_as_in_a_configuration() -> None:
    assert get("variance[fold=true]") == ActivationVariance(fold=True) == get("variance[fold=True]")
    assert get("variance[fold=false]").label == "variance"
    with pytest.raises(ValueError, match=r"Parameter `fold` must be true or false. Found `fold = mean`."):
        get("variance[fold=mean]")

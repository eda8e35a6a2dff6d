"""`jacobian` and `group_fisher` against plain loops and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from prunebench.pruners.contract import Gradients, LayerView
from prunebench.pruners.group_fisher import GroupFisher
from prunebench.pruners.group_member import GroupMember
from prunebench.pruners.jacobian import Jacobian
from prunebench.pruners.specimen import Specimen, gaussian


def slow_jacobian(specimen: Specimen) -> np.ndarray:
    view = specimen.view(Jacobian())
    filters = len(view.weight)
    total, batches = np.zeros(filters), specimen.batches(Jacobian(), view)
    for shown in batches:
        change = np.zeros(filters)
        for member, gradient in zip(shown.group, shown.gradients.group, strict=True):
            for place in np.ndindex(*gradient.shape):
                entry = place[member.axis]
                k = entry if member.filters is None else int(member.filters[entry])
                change[k] += float(member.parameter[place]) * float(gradient[place])
        total += change**2
    return total / len(batches)


def test_jacobian_follows_its_definition() -> None:
    for seed in (0, 1):
        specimen = gaussian(4, 2, clips=5, seed=seed)
        expected = slow_jacobian(specimen)
        assert np.allclose(
            specimen.scores(Jacobian()).numpy(), expected, rtol=1e-4, atol=1e-5 * expected.max()
        )


def test_jacobian_adds_up_over_layers_before_it_squares() -> None:
    """A writer's change of 6 and a reader's of −6 cancel; squared layer by layer they would be 72."""
    writer, reader = torch.tensor([[2.0], [1.0]]), torch.tensor([[3.0, 1.0]])
    members = (GroupMember("writer", writer, 0), GroupMember("reader", reader, 1))
    gradients = Gradients(writer, group=(torch.tensor([[3.0], [4.0]]), torch.tensor([[-2.0, 1.0]])))
    view = LayerView("C1", writer, None, None, members, supplied_gradients=gradients)
    observed = Jacobian().observe(view, None)
    assert Jacobian().score(replace(view, supplied_observed=observed)).tolist() == [0, 25]


def test_group_fisher_is_the_mean_square_over_clips() -> None:
    specimen = gaussian(3, clips=5)
    gates = specimen.tensors["gate_gradients"].double().numpy()
    expected = [np.mean([clip[k] ** 2 for clip in gates]) for k in range(3)]
    assert np.allclose(specimen.scores(GroupFisher()).numpy(), expected)
    one_by_one = replace(specimen, batch=1)
    assert np.allclose(one_by_one.scores(GroupFisher()).numpy(), expected)


def test_clips_that_cancel_in_a_batch_still_count() -> None:
    opposite = gaussian(clips=2).each(
        lambda name, t: torch.stack((t[0], -t[0])) if name == "gate_gradients" else t
    )
    assert (opposite.scores(GroupFisher()) > 0).all()

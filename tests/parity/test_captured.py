"""Scores of a whole Cnn14 against definitions applied to what plain passes over the same clips give."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.stats import entropy
from torch.nn import functional as F

from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.pruners import get

WIDTHS = (3, 4, 3, 5, 4, 4, 6, 5, 6, 7, 6, 8)
CLIPS, FRAMES, CLASSES = 5, 40, 4
SCOPE = ("C1", "C4", "C7", "C12")


class Captured:
    """Weights, activations and gradients of single clips in float64, found without the harness."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(2)
        self.model = Cnn14(WIDTHS, n_classes=CLASSES, embedding=9, seed=1)
        for layer in LAYERS:
            norm = self.model.batch_norm(layer)
            norm.weight.data.uniform_(0.5, 1.5, generator=generator)
            norm.bias.data.uniform_(-0.8, 0.4, generator=generator)
        rng = np.random.default_rng(3)
        self.features = rng.normal(-30, 15, (CLIPS, FRAMES, 64)).astype(np.float32)
        self.targets = rng.random((CLIPS, CLASSES)) < 0.4
        twin = copy.deepcopy(self.model).eval().double()
        self.weight = {layer: twin.convolution(layer).weight.detach().numpy() for layer in SCOPE}
        self.maps: dict[str, np.ndarray] = {}
        x = torch.from_numpy(self.features).double()[:, None]
        x = twin.bn0(x.transpose(1, 3)).transpose(1, 3)
        with torch.no_grad():
            for index, layer in enumerate(LAYERS):
                x = F.relu(twin.batch_norm(layer)(twin.convolution(layer)(x)))
                self.maps[layer] = x.numpy().copy()
                x = F.avg_pool2d(x, 2) if index % 2 and index < 11 else x
        self.gradients: dict[str, list[np.ndarray]] = {layer: [] for layer in SCOPE}
        for clip in range(CLIPS):
            twin.zero_grad()
            logits = twin.from_log_mel(torch.from_numpy(self.features[clip : clip + 1]).double()).logits
            wanted = torch.from_numpy(self.targets[clip : clip + 1]).double()
            F.binary_cross_entropy_with_logits(logits, wanted).backward()
            for layer in SCOPE:
                self.gradients[layer].append(twin.convolution(layer).weight.grad.numpy().copy())

    def per_map(self, layer: str, measure: Callable[[np.ndarray], float]) -> np.ndarray:
        """Mean over the clips of a measure of each filter's map."""
        return np.mean([[measure(map_) for map_ in clip] for clip in self.maps[layer]], axis=0)

    def changes(self, layer: str) -> np.ndarray:
        """Weights times gradients, (clips, filters, weights)."""
        products = np.array([self.weight[layer] * gradient for gradient in self.gradients[layer]])
        return products.reshape(CLIPS, len(self.weight[layer]), -1)


@pytest.fixture(scope="module")
def captured() -> Captured:
    return Captured()


def flat(captured: Captured, layer: str) -> np.ndarray:
    return captured.weight[layer].reshape(len(captured.weight[layer]), -1)


def operator_norm(captured: Captured, layer: str) -> np.ndarray:
    scores = np.zeros(len(captured.weight[layer]))
    for channel in captured.weight[layer].transpose(1, 0, 2, 3):
        rows = channel.reshape(len(channel), -1)
        u, sigma, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
        scores += (sigma[0] * u[:, 0]) ** 2
    return scores


def graph_centrality(captured: Captured, layer: str) -> np.ndarray:
    shape = (len(captured.weight[layer]), -1, 9)
    ups = np.array([np.linalg.svd(f.T)[0][:, 0] for f in captured.weight[layer].reshape(shape)])
    return 1 - np.abs(ups @ ups.T).sum(1)


def pooled_entropy(captured: Captured, layer: str) -> np.ndarray:
    means = captured.maps[layer].mean((2, 3)).T
    return np.array([entropy(np.histogram(row, 3)[0] / CLIPS) if np.ptp(row) else 0 for row in means])


def chip(captured: Captured, layer: str) -> np.ndarray:
    losses = []
    for clip in captured.maps[layer]:
        rows = clip.reshape(len(clip), -1)
        without = [np.delete(rows, j, axis=0) for j in range(len(rows))]
        losses.append([np.linalg.norm(rows, "nuc") - np.linalg.norm(left, "nuc") for left in without])
    return np.mean(losses, axis=0)


DEFINITIONS: dict[str, Callable[[Captured, str], np.ndarray]] = {
    "l1": lambda c, layer: np.abs(flat(c, layer)).sum(1),
    "l2": lambda c, layer: np.sqrt((flat(c, layer) ** 2).sum(1)),
    "geometric_median": lambda c, layer: cdist(flat(c, layer), flat(c, layer)).sum(1),
    "operator_norm": operator_norm,
    "graph_centrality": graph_centrality,
    "bn_scale": lambda c, layer: np.abs(c.model.batch_norm(layer).weight.detach().numpy()),
    "apoz": lambda c, layer: c.per_map(layer, lambda map_: (map_ > 0).mean()),
    "energy": lambda c, layer: c.per_map(layer, lambda map_: np.linalg.norm(map_, "nuc")),
    "hrank": lambda c, layer: c.per_map(layer, lambda map_: np.linalg.matrix_rank(map_.astype(np.float32))),
    "entropy[bins=3]": pooled_entropy,
    "chip": chip,
    "variance": lambda c, layer: c.maps[layer].var((0, 2, 3)),
    # One batch of all clips: the mean of the clips' gradients.
    "taylor": lambda c, layer: c.changes(layer).mean(0).sum(1) ** 2,
    "obd": lambda c, layer: (c.changes(layer) ** 2).sum(2).mean(0),
}


@pytest.mark.parametrize("label", DEFINITIONS)
def test_scores_of_a_model_are_the_definition_on_what_was_captured(captured: Captured, label: str) -> None:
    found = scored_layers(
        captured.model, get(label), SCOPE, features=captured.features, targets=captured.targets
    ).scores
    expected = {layer: DEFINITIONS[label](captured, layer) for layer in SCOPE}
    assert any(np.ptp(scores) > 0 for scores in expected.values())
    for layer, scores in expected.items():
        np.testing.assert_allclose(
            found[layer].double().numpy(), scores, rtol=2e-4, atol=1e-6 * np.abs(scores).max()
        )

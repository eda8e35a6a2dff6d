"""Golden table: criterion × tiny layer × scores worked out by hand.

Four filters over two channels with kernels of 1 × 2, each of rank 1, as (kernel position) ⊗ (channel):
F0 = 3 e1 ⊗ (1, 0), F1 = −2 e1 ⊗ (1, 0), F2 = e2 ⊗ (1, 0), F3 = 5 (.6, .8) ⊗ (.6, .8). Their norms are
3, 2, 1, 5 and the absolute cosines of their prototypes 01: 1, 02: 0, 03: .6, 12: 0, 13: .6, 23: .8.
"""

from __future__ import annotations

from math import sqrt

import pytest
import torch

from prunebench.pruners import BUILTIN, get

FILTERS = [
    [[3.0, 0.0], [0.0, 0.0]],
    [[-2.0, 0.0], [0.0, 0.0]],
    [[0.0, 1.0], [0.0, 0.0]],
    [[1.8, 2.4], [2.4, 3.2]],
]
GAMMA = [0.5, -1.0, 0.0, 2.0]

D01, D02, D12 = 5.0, sqrt(10), sqrt(5)
D03, D13, D23 = (sqrt(a + b + 16) for a, b in ((1.2**2, 2.4**2), (3.8**2, 2.4**2), (1.8**2, 1.4**2)))
# Squared weights: F0 (9, 0, 0, 0), F1 (4, 0, 0, 0), F2 (0, 1, 0, 0), F3 (3.24, 5.76, 5.76, 10.24).
FAR = 5.76**2 + 10.24**2
P01, P02, P12 = 5.0, sqrt(82), sqrt(17)
P03, P13, P23 = sqrt(5.76**2 + 5.76**2 + FAR), sqrt(0.76**2 + 5.76**2 + FAR), sqrt(3.24**2 + 4.76**2 + FAR)
# Projections of the centred filters. Channel 2 holds 0, 0, 0 and 4 times (.6, .8). Channel 1 holds (3, 0),
# (−2, 0), (0, 1), (1.8, 2.4); its direction (.98413163, .17743993) is that of the larger eigenvalue of the
# Gram matrix [[14.28, 1.94], [1.94, 3.87]].
CHANNEL1 = [2.11267881, -2.80797935, -0.66227615, 1.35757669]
CHANNEL2 = [1.0, 1.0, 1.0, -3.0]

GOLDEN = {
    "l1": [3, 2, 1, 9.8],
    "l2": [3, 2, 1, 5],
    "geometric_median": [D01 + D02 + D03, D01 + D12 + D13, D02 + D12 + D23, D03 + D13 + D23],
    "random": [0.9700530018065531, 0.707819864399788, 0.45938294312745087, 0.9207476841219603],
    "operator_norm": [a**2 + b**2 for a, b in zip(CHANNEL1, CHANNEL2, strict=True)],
    "operator_norm_released": [(a + b) ** 2 for a, b in zip(CHANNEL1, CHANNEL2, strict=True)],
    # 01 (1): F1 is weaker. 23 (.8): F2. 03 (.6): F0.
    "operator_similarity": [2 / 3, 0, 1 / 3, 1],
    # 01: both 1.4 from the others, F1 has the smaller norm. 23: F3 is at .6, F2 at 1.2. 02: F2 has.
    "rank1_cosine": [1, 0, 2 / 3, 1 / 3],
    # Landmark F3 makes 01 .36, 02 and 12 .48, 03 and 13 .6, 23 .8. 23: F3. 02 and 12: F2. 01: F1.
    "nystrom_similarity[landmarks=1]": [1, 2 / 3, 1 / 3, 0],
    "graph_centrality": [-1.6, -1.6, -0.8, -2],
    "bn_scale": [0.5, 1, 0, 2],
    "lamp": [9 / 34, 4 / 38, 1 / 39, 1],
    # Norms 3, 2, 1, 5; absolute cosines 01: 1, 02: 0, 03: .36, 12: 0, 13: .36, 23: .48 of the whole filters.
    "whc": [
        3 * (0 + 1 + 0.64 * 5),
        2 * (0 + 1 + 0.64 * 5),
        1 * (3 + 2 + 0.52 * 5),
        5 * (0.64 * 3 + 0.64 * 2 + 0.52),
    ],
    # Squared norms, scales and shifts of 1, and a reader's two weights of 1 each.
    "group_norm": [9 + 0.25 + 1 + 2, 4 + 1 + 1 + 2, 1 + 0 + 1 + 2, 25 + 4 + 1 + 2],
    "geometric_mean_released": [0, 0, 0, (1.8 * 2.4 * 2.4 * 3.2) ** 0.5],
    "fpgm_torch_pruning": [P01 + P02 + P03, P01 + P12 + P13, P02 + P12 + P23, P03 + P13 + P23],
    # Signed: F1 is at 2 from F0 and 1.6 from F3. Nearest 23, 32, 03, 12: F2, F0 and F1 are kept.
    "rank1_cosine_released": [1, 1, 1, 0],
}


@pytest.mark.parametrize("label", GOLDEN)
def test_golden_scores(layer_of, label):
    weight = torch.tensor(FILTERS, dtype=torch.float64).view(4, 2, 1, 2)
    scores = get(label).score(layer_of(weight, torch.tensor(GAMMA).double()))
    assert scores.tolist() == pytest.approx(GOLDEN[label], abs=1e-7)


def test_the_table_holds_every_criterion_of_weights_alone():
    assert [label.split("[")[0] for label in GOLDEN] == [n for n in BUILTIN if get(n).needs <= {"generator"}]

"""What folding brings, and its error at borders that are padded with zeros: `python docs/_folding_error.py`.

Half of the filters are removed by `variance`, from the base model that comes with the package:

- layer by layer: the output of the batch norm behind the reader, compared with that of a model that keeps the filters
  and reads their means in their place. Root mean square error over the root mean square of the output, inside the map
  and at its borders;
- from C7–C12 at once: mAP on the test clips without fine-tuning.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.harness import load_config
from prunebench.harness.cells.base_job import base_job, load_base
from prunebench.harness.cells.base_model import build_base
from prunebench.harness.data.features.splits import opened, split_features, split_targets
from prunebench.harness.data.some_clips import drawn_rows
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.pruning.folded_means import folded, of_removed
from prunebench.harness.pruning.prune import lowest_of
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.training.prediction import predict
from prunebench.harness.workspace.cache import Cache, default_cache
from prunebench.pruners import get

LAYERS = ("C7", "C8", "C9", "C10", "C11", "C12")
PADDED = LAYERS[:3]  # the readers behind see maps of two mels, which are all borders, and `fc1` has none
CLIPS = 64  # whose outputs are compared


@torch.no_grad()
def norm_output(
    tagger: Tagger, layer: str, features: NDArray[np.float32], constants: Mapping[int, float]
) -> Tensor:
    """Output of the batch norm behind the reader of a layer, where constants stand in place of some of its input."""
    model, after = tagger.model, LAYERS[LAYERS.index(layer) + 1]

    def constant(_: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor]:
        changed = given[0].clone()
        for k, value in constants.items():
            changed[:, k] = value
        return (changed,)

    found: list[Tensor] = []
    handles = [
        model.convolution(after).register_forward_pre_hook(constant),  # type: ignore[operator]
        model.batch_norm(after).register_forward_hook(lambda _, __, out: found.append(out.clone())),  # type: ignore[operator]
    ]
    tagger.logits(torch.from_numpy(np.array(features)))
    for handle in handles:
        handle.remove()
    return found[0]


def errors(found: Tensor, expected: Tensor) -> tuple[float, float]:
    """Relative error inside the map and at its borders."""
    size, apart = expected.square().mean(), (found - expected).square()
    inside = apart[:, :, 1:-1, 1:-1]
    rest = apart.sum() - inside.sum()
    return float((inside.mean() / size).sqrt()), float(
        (rest / (apart.numel() - inside.numel()) / size).sqrt()
    )


def main() -> None:
    """Print a line a layer, then a line a way to remove the filters of all."""
    config = load_config("quick")
    plan = make_plan(config, [opened(options) for options in config.data_sets()])
    base, cache = plan.cells[0].base, Cache(default_cache())
    job = base_job(config, base, config.data_sets()[base.data], plan.subjects[base.subject])
    build_base(job, cache)
    model = load_base(job, cache)
    every = split_features(job.data, "training", cache)
    rows = np.sort(np.random.default_rng(0).permutation(len(every))[: config.prune.calibration_clips])
    scored = scored_layers(model, get("variance[fold=true]"), LAYERS, features=every[rows])
    removed = lowest_of(scored.scores, 0.5)
    constants = of_removed(scored.constants, removed)
    test = split_features(job.data, "test", cache)

    rounds: list[tuple[float, ...]] = []
    for layer in PADDED:
        one, means = {layer: removed[layer]}, dict(zip(removed[layer], constants[layer], strict=True))
        expected = norm_output(model, layer, test[:CLIPS], means)
        smaller = folded(model, one, {layer: constants[layer]}).without(one)
        outputs = [norm_output(tagger, layer, test[:CLIPS], {}) for tagger in (smaller, model.without(one))]
        rounds.append(tuple(error for output in outputs for error in errors(output, expected)))
        inside, border, *bare = rounds[-1]
        print(
            f"{layer}: inside {inside:.1e}, at borders {border:.3f}; without folding {bare[0]:.3f} and {bare[1]:.3f}"
        )
    print(
        f"mean at borders: {fmean(r[1] for r in rounds):.3f}, without folding {fmean(r[3] for r in rounds):.3f}"
    )

    ways = {
        "removed": model.without(removed),
        "removed and folded": folded(model, removed, constants).without(removed),
    }
    for name, tagger in list(ways.items()):
        again = tagger.with_model(tagger.without({}).model, tagger.groups)
        recalibrate(again, every, drawn_rows(len(every), config.prune.calibration_clips))
        ways[f"{name}, recalibrated"] = again
    for name, tagger in {"unpruned": model, **ways}.items():
        value = mean_average_precision(split_targets(job.data, "test"), predict(tagger, test)).value
        print(f"mAP {name}: {value:.3f}")


if __name__ == "__main__":
    main()

"""One outcome: surgery, fine-tuning and quality of one set of removed filters.

Cells that remove the same filters and are fine-tuned alike share an outcome, which is computed once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar

import numpy as np

from prunebench.eval.measures.exact import exact_measures
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import FINE_TUNED, QUANTISED
from prunebench.eval.run.scores_of_test_clips import write_test_scores
from prunebench.eval.text.strict import STRICT, parsed
from prunebench.harness.cells.base_job import base_curve, base_scores, load_base
from prunebench.harness.cells.job import Job
from prunebench.harness.cells.stage_quality import QualityFigures, influences
from prunebench.harness.cells.stages import Stages
from prunebench.harness.networks.contract.map_sizes import map_sizes
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.weights_digest import weights_digest


@dataclass(frozen=True)
class Outcome:
    """What an outcome measured; the fields are those of `prunebench.eval.Record`.

    Args:
        removed: layer → filters that went, where only carrying it out showed which.
        curve: (step, validation mAP) along its training, in order; of rounds, steps are counted through, of two lengths
            it is that of the long one, and of the base model as it is that of its own training. It has a file of its
            own in the run folder.
        base_weights: digest of the base model's weights; empty in outcomes of before they had one.
        map_sizes: layer → (frames, mels) of its feature maps for a test clip, of the base model as it is alone.
    """

    __pydantic_config__: ClassVar[dict[str, bool]] = STRICT

    identity: str
    widths: tuple[int, ...]
    stages: Mapping[str, Mapping[str, float]]
    measures: Mapping[str, float]
    timings: Mapping[str, float]
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, tuple[int, ...]] | None = None
    curve: tuple[tuple[int, float], ...] = ()
    base_weights: str = ""
    map_sizes: Mapping[str, Sequence[int]] | None = None

    def to_json(self) -> str:
        """One line, without the curve."""
        told = {k: v for k, v in asdict(self).items() if v not in (None, "") and k != "curve"}
        return json.dumps(told, sort_keys=True)

    @classmethod
    def from_json(cls, line: str) -> Outcome:
        """The outcome a line holds."""
        found = parsed(line, cls)
        return cls(**{**found, "widths": tuple(found["widths"])})


def run_outcome(
    job: Job,
    base_quality: QualityFigures,
    cache: Cache,
    files: RunFiles,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Compute an outcome and keep its test scores in the run folder."""
    identity = job.identity
    stages = Stages(job.inputs(cache), identity, base_quality, files, progress)
    base = load_base(job.base, cache)
    model = job.run(base, stages)
    test = base_scores(job.base, cache)["test"] if stages.scores is None else stages.scores
    write_test_scores(files, identity, test, influences(test, job.base.data))
    if (short := stages.short_scores) is not None:
        write_test_scores(files, identity, short, influences(short, job.base.data), FINE_TUNED)
    figures, failed = exact_measures(measurable_of(model))
    sizes, curve = None, stages.curve
    if list(stages.quality) == ["base"]:
        curve = base_curve(job.base, cache)
        sizes = map_sizes(base, job.inputs(cache).features("test")[np.array([0])])
    if job.quantise is not None:
        stages.quantise(model, job.quantise)
    if (integers := stages.quantised_scores) is not None:
        write_test_scores(files, identity, integers, influences(integers, job.base.data), QUANTISED)
    return Outcome(
        identity,
        model.widths,
        stages.quality,
        figures | stages.quantised_measures,
        stages.timings,
        stages.unmeasured | failed,
        stages.removed,
        tuple(curve),
        weights_digest(base.model),
        sizes,
    )

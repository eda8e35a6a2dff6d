"""What `prunebench run --dry-run` prints."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed


@closed
class _PlacedJson(TypedDict):
    """Something of a data set and a network.

    Fields:
        data: label of the data set.
        network: label of the network; absent for Cnn14.
    """

    data: str
    network: NotRequired[str]


@closed
class _SharesJson(_PlacedJson):
    """A scope of a network, and costs relative to the unpruned model.

    Fields:
        scope: groups that are pruned.
        macs_backbone_share: share of the multiply–accumulates that stays, features in, in [0, 1].
        macs_with_frontend_share: share of the multiply–accumulates that stays, waveform in, in [0, 1].
        parameters_share: share of the parameters that stays, in [0, 1].
    """

    scope: str
    macs_backbone_share: float
    macs_with_frontend_share: float
    parameters_share: float


@closed
class CellsJson(TypedDict):
    """How many cells there are.

    Fields:
        total: number of all cells.
        finished: cells that the run folder already contains.
        controls: name → cells.
        criteria: label → cells.
        allocations: label → cells of criteria.
        schedules: label → cells of criteria.
        sparsify: training of the base model → cells of criteria; absent without `[sparsify]`.
    """

    total: int
    finished: int
    controls: dict[str, int]
    criteria: dict[str, int]
    allocations: dict[str, int]
    schedules: dict[str, int]
    sparsify: NotRequired[dict[str, int]]


@closed
class PlannedBaseJson(_PlacedJson):
    """A base model.

    Fields:
        seed: seed of its training.
        base: identity of the base model.
        sparsify: further training of the base model; absent without one.
    """

    seed: int
    base: str
    sparsify: NotRequired[str]


@closed
class UnprunedModelJson(_PlacedJson):
    """An unpruned model.

    Fields:
        widths: filters of its groups.
        groups: names of its groups of filters; absent for Cnn14, whose groups are C1 … C12.
        embedding: size of the embedding, of a Cnn14.
        n_classes: number of outputs.
        sample_rate: sample rate in Hz, of a Cnn14.
        macs_backbone: multiply–accumulates for a 10 s clip, features in.
        macs_with_frontend: multiply–accumulates for a 10 s clip, waveform in.
        parameters: number of trainable parameters.
    """

    widths: list[int]
    groups: NotRequired[list[str]]
    embedding: NotRequired[int]
    n_classes: int
    sample_rate: NotRequired[int]
    macs_backbone: float
    macs_with_frontend: float
    parameters: float


@closed
class PlannedPointJson(_SharesJson):
    """A budget in a scope, and what it comes to under `uniform`.

    Fields:
        budget: what is asked for: `ratio`, a cost, or limits.
        asked: share of the filters to remove, or of the cost to keep; `null` for limits.
        ratio: share of each group's filters to remove, in [0, 1).
        widths: filters that are kept in each group of the network.
        per_layer: layer → filters that are kept in each group if only that layer is pruned to meet the budget.
        limits: cost → [the most it may be, what the shape has]; absent where none are asked.
        of: what these are counted on; present with `limits`.
    """

    budget: str
    asked: float | None
    ratio: float
    widths: list[int]
    per_layer: dict[str, list[int]]
    limits: NotRequired[dict[str, list[float | None]]]
    of: NotRequired[str]


@closed
class FloorJson(_SharesJson):
    """The smallest shape that an allocation can come to in a scope.

    Fields:
        allocation: label of the allocation.
        keeps: what it always keeps, in words.
    """

    allocation: str
    keeps: str


@closed
class PlannedFeaturesJson(_PlacedJson):
    """Features that are kept in the cache.

    Fields:
        clips: number of clips of all splits.
        frames, mels: size of a clip's features: frames, and mels of a frame.
        bytes: bytes of the files.
        seconds: seconds to make the features that are not there, with one worker.
    """

    clips: int
    frames: int
    mels: int
    bytes: int
    seconds: float


@closed
class SpeedJson(_PlacedJson):
    """What an unpruned model takes.

    Fields:
        step: seconds of a training step of all layers, for each clip of its batch.
        tail_step: seconds of a training step of only the last layers, for each clip of its batch.
        forward: seconds of a forward pass, for each clip.
        tail_forward: seconds of a forward pass of the last layers, for each clip.
        outcome: further seconds that each trained model takes.
        fixed: share of `step` that does not fall with the MACs.
        tail_fixed: share of `tail_step` that does not fall with the MACs.
        clips_a_step: clips of a batch.
    """

    step: float
    tail_step: float
    forward: float
    tail_forward: float
    outcome: float
    fixed: float
    tail_fixed: float
    clips_a_step: int


@closed
class TimeJson(TypedDict):
    """How long the run takes, as far as it is not finished.

    Fields:
        seconds: seconds with the configured workers, without the time to measure latency.
        most_seconds: seconds if every training takes all its steps; absent where none ends by patience.
        workers: cells that are computed at the same time; 0: in the process itself.
        worker_seconds: seconds of all workers together.
        throughput: whether the speed was `given` or `measured`.
        one_worker_seconds: kind of work → seconds.
        speeds: speeds of each unpruned model.
        model: what the estimate assumes, in words.
        shapes: whether shapes are timed after the cells.
    """

    seconds: float
    most_seconds: NotRequired[float]
    workers: int
    worker_seconds: float
    throughput: str
    one_worker_seconds: dict[str, float]
    speeds: list[SpeedJson]
    model: str
    shapes: bool


@closed
class ResourcesJson(TypedDict):
    """Memory and storage, in bytes.

    Fields:
        worker_bytes: peak of memory of a worker.
        of_worker: use of this memory → bytes.
        cache_bytes: bytes in the cache.
        of_cache: kind of file in the cache → bytes.
        run_bytes: bytes in the run folder, before test scores are compressed.
        of_run: kind of file in the run folder → bytes.
    """

    worker_bytes: int
    of_worker: dict[str, int]
    cache_bytes: int
    of_cache: dict[str, int]
    run_bytes: int
    of_run: dict[str, int]


@closed
class PlanJson(TypedDict):
    """What a configuration would run.

    Fields:
        name: name of the configuration.
        cells: numbers of cells.
        bases: the base models.
        models: the unpruned models.
        points: budgets in their scopes, and what each comes to.
        floors: the smallest shapes that allocations can come to.
        features: features that the cache keeps.
        time: time that the run takes.
        resources: memory and storage that the run takes.
        notes: what the configuration has too little of, in sentences.
    """

    name: str
    cells: CellsJson
    bases: list[PlannedBaseJson]
    models: list[UnprunedModelJson]
    points: list[PlannedPointJson]
    floors: list[FloorJson]
    features: list[PlannedFeaturesJson]
    time: TimeJson
    resources: ResourcesJson
    notes: list[str]

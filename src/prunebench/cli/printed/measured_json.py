"""What `prunebench measure` prints."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed, form_of, opened
from prunebench.cli.printed.models_json import NUMBER, FiguresJson
from prunebench.eval.cost.module_counters import Count
from prunebench.harness.networks.provenance import Provenance

Counted: Any = form_of(Count)
Step: Any = form_of(Provenance, name="Step", instead={"settings": dict[str, Any], "before": None | Any})


@closed
class FrontEndJson(TypedDict):
    """The front end of the network.

    Fields:
        sample_rate: sample rate in Hz.
        window, hop: length of a frame and distance of two frames, in samples.
        mels: number of mel bands.
        frames: number of frames of a 10 s clip.
        macs: multiply–accumulates of the front end for a 10 s clip; `null` if it does not state them.
        counted_as: convention by which these are counted, `convolution`, `fft` or `none`; `null` if it is not stated.
    """

    sample_rate: int
    window: int
    hop: int
    mels: int
    frames: int
    macs: int | None
    counted_as: str | None


@closed
class StorageJson(TypedDict):
    """Bytes of a model in several forms.

    Fields:
        parameter_bytes: bytes of the trainable parameters.
        file_bytes: bytes of the file.
        state_dict_bytes: bytes of the state dict as torch saves it.
        state_dict_bytes_compressed: bytes of the state dict, compressed.
        state_dict_bytes_fp16: bytes of the state dict in half precision.
        state_dict_bytes_fp16_compressed: bytes of the state dict in half precision, compressed.
    """

    parameter_bytes: int
    file_bytes: int
    state_dict_bytes: int
    state_dict_bytes_compressed: int
    state_dict_bytes_fp16: int
    state_dict_bytes_fp16_compressed: int


@closed
class TotalJson(TypedDict):
    """Sums of one counter.

    Fields:
        macs_backbone: multiply–accumulates for a 10 s clip, features in.
        macs_with_frontend: multiply–accumulates for a 10 s clip, waveform in; `null` if the front end does not
            state its own.
        parameters: number of parameters; `null` for a counter that counts none.
    """

    macs_backbone: int
    macs_with_frontend: int | None
    parameters: int | None


@closed
class AloneJson(TypedDict):
    """Multiply–accumulates of only convolutions and linear layers, as fvcore counts them; `null` without fvcore.

    Fields:
        backbone: multiply–accumulates for a 10 s clip, features in.
        with_frontend: multiply–accumulates for a 10 s clip, waveform in; `null` if the front end does not
            state its own.
    """

    backbone: int | None
    with_frontend: int | None


@closed
class CountersJson(TypedDict):
    """Counters of multiply–accumulates side by side.

    Fields:
        convention: counter → what it counts, in words.
        totals: counter → its sums.
        layers: layer or module → counter → what it counts there.
        fvcore_convolutions_and_linear: what of fvcore's count is comparable with the others.
        missing: counter → why it has no figures; absent where all have.
        panns_flops: floating-point operations by PANNs' own count for a 10 s clip, waveform in; only of a Cnn14.
    """

    convention: dict[str, str]
    totals: dict[str, TotalJson]
    layers: dict[str, dict[str, Counted]]
    fvcore_convolutions_and_linear: AloneJson
    missing: NotRequired[dict[str, str]]
    panns_flops: NotRequired[int]


@closed
class MemoryJson(TypedDict):
    """Memory of one forward pass of a 10 s clip.

    Fields:
        activation_peak_bytes_fp16: bytes of the largest input plus output of a convolution, in half precision.
        activation_peak_bytes_fp32: bytes of the largest input plus output of a convolution, in single precision.
        peak_memory_bytes: bytes that a fresh process takes beyond its model, or a sentence that states why there is no
            figure.
        peak_memory_bytes_cuda: bytes that CUDA's allocator takes beyond the model, or a sentence that states why there
            is no figure.
    """

    activation_peak_bytes_fp16: int
    activation_peak_bytes_fp32: int
    peak_memory_bytes: int | str
    peak_memory_bytes_cuda: int | str


@closed
class FailedJson(TypedDict):
    """A figure that could not be taken.

    Fields:
        failed: why, in a sentence.
    """

    failed: str


@closed
class TimedJson(TypedDict):
    """Latency of the model through one backend.

    Fields:
        median_ms, q1_ms, q3_ms: median and quartiles of a pass, in milliseconds.
        clips_per_second: clips of the batch over the median.
        ratio, ratio_q1, ratio_q3: ratio to the model of `--against` through the same backend, within rounds: median
            and quartiles; 1 without it.
        precision: half the 95 % interval of the median ratio, relative; 0 without `--against`.
        median_precision: half the 95 % interval of the median, relative.
        rounds: number of rounds that were timed.
        against_median_ms: median of the model of `--against`, in milliseconds.
        speed_up: speed-up, 1 / `ratio`.
        speed_up_over_macs_ratio: speed-up divided by the factor by which the backbone's multiply–accumulates fall.
        warning: precision that was missed, in a sentence.
        note: what the figure leaves open, in a sentence.
    """

    median_ms: float
    q1_ms: float
    q3_ms: float
    clips_per_second: float
    ratio: float | None
    ratio_q1: float | None
    ratio_q3: float | None
    precision: float | None
    median_precision: float | None
    rounds: int
    against_median_ms: NotRequired[float]
    speed_up: NotRequired[float]
    speed_up_over_macs_ratio: NotRequired[float]
    warning: NotRequired[str]
    note: NotRequired[str]


@closed
class LatenciesJson(TypedDict):
    """Latency of a forward pass of 10 s clips, features in.

    Fields:
        batch: number of clips in a pass.
        threads: number of threads of every backend.
        macs_ratio: backbone's multiply–accumulates of the model over those of `--against`; 1 without it.
        backends: name → its latency, or why there is none.
        warning: what disturbed the measurement, in a sentence.
    """

    batch: int
    threads: int
    macs_ratio: float
    backends: dict[str, TimedJson | FailedJson]
    warning: NotRequired[str]


@closed
class EnergyJson(TypedDict):
    """Energy of a forward pass.

    Fields:
        energy_joules: joules of a 10 s clip, of all processor packages, idle power included.
    """

    energy_joules: float | None


@closed
class QualityJson(TypedDict):
    """Tagging quality through one backend on the test clips.

    Fields:
        test_map: mean average precision over the classes with positives, in [0, 1].
        classes_with_positives: number of classes that the mean is over.
        classes: number of classes of the data set.
        mean_difference, largest_difference: mean and largest difference of the probabilities from those of `eager`, in
            [0, 1].
    """

    test_map: float | None
    classes_with_positives: int
    classes: int
    mean_difference: float
    largest_difference: float


@opened(NUMBER)
class MeasuredJson(FiguresJson):
    """What one model costs. Parts that were not asked for are absent.

    Fields:
        front_end: the front end of the network.
        stored_as: precision of the numbers in the file.
        read_from: what stood around the weights in the file; absent where nothing did.
        provenance: steps in which the model was made, the last one first; absent if the file does not state them.
        unmeasured: figure → why it is absent; absent where all were taken.
        storage: bytes in several forms, with `--storage`.
        counters: counts of five counters, with `--counters all`.
        memory: memory of a forward pass, with `--memory`.
        latency: latency of a forward pass, with `--latency`.
        energy: energy of a forward pass, with `--energy`.
        quality: backend → its quality, or why there is none; with `--data`.
    """

    front_end: FrontEndJson
    stored_as: str
    read_from: NotRequired[str]
    provenance: NotRequired[list[Step]]
    unmeasured: NotRequired[dict[str, str]]
    storage: NotRequired[StorageJson]
    counters: NotRequired[CountersJson]
    memory: NotRequired[MemoryJson]
    latency: NotRequired[LatenciesJson]
    energy: NotRequired[EnergyJson | FailedJson]
    quality: NotRequired[dict[str, QualityJson | FailedJson]]

"""What the verbs about one model print: score, prune, export; and the figures of a model, which measure prints too."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from prunebench.cli.printed.form import closed, form_of, opened
from prunebench.eval.quality.agreement import Agreement

NUMBER = {"type": "number", "description": "A measure that an installed distribution adds, by its name."}


@opened(NUMBER)
class FiguresJson(TypedDict):
    """Exact figures of a model, by the names of `list measures`. One that could not be taken is absent.

    Fields:
        widths: filters that are kept: of C1 … C12 in their order, or by group.
        parameters: number of trainable parameters.
        parameter_bytes: bytes of the trainable parameters.
        file_bytes: bytes of the file; absent for a pipe, which has no size.
        state_dict_bytes: bytes of the state dict as torch would save it.
        state_dict_bytes_fp16: bytes of the state dict in half precision.
        macs_backbone: multiply–accumulates of convolutions and linear layers for a 10 s clip, features in.
        macs_with_frontend: multiply–accumulates for a 10 s clip, waveform in; `front_end` states how it is counted.
        macs_thop_backbone: multiply–accumulates by thop for a 10 s clip, features in, four per input of a batch norm.
        macs_thop_with_frontend: multiply–accumulates by thop for a 10 s clip, waveform in.
        activation_peak_bytes_fp16: bytes of the largest input plus output of a convolution for a 10 s clip, in half
            precision.
    """

    widths: list[int] | dict[str, int]
    parameters: NotRequired[float]
    parameter_bytes: NotRequired[float]
    file_bytes: NotRequired[float]
    state_dict_bytes: NotRequired[float]
    state_dict_bytes_fp16: NotRequired[float]
    macs_backbone: NotRequired[float]
    macs_with_frontend: NotRequired[float]
    macs_thop_backbone: NotRequired[float]
    macs_thop_with_frontend: NotRequired[float]
    activation_peak_bytes_fp16: NotRequired[float]


Agreed: Any = form_of(Agreement)


@closed
class PrunedJson(TypedDict):
    """Costs of a model before and after filters were removed.

    Fields:
        before: figures of the checkpoint that was given.
        after: figures of the file that was written.
    """

    before: FiguresJson
    after: FiguresJson


@closed
class ScoredJson(TypedDict):
    """What was written, and how far criteria agree where several were compared.

    Fields:
        filters: group → how many filters were scored.
        agreement: a row for each pair of criteria and each group; empty without `--compare`.
        files: paths of the files that were written.
    """

    filters: dict[str, int]
    agreement: list[Agreed]
    files: list[str]


@closed
class ExportedJson(TypedDict):
    """The file that was written.

    Fields:
        file: path of the file.
        bytes: bytes of the file; `null` for a pipe.
        input: what a graph takes, `waveform` or `log_mel`; absent for weights.
        style: style of the weights; absent for a graph.
    """

    file: str
    bytes: int | None
    input: NotRequired[str]
    style: NotRequired[str]

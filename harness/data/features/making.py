"""What a front end makes of the clips of a data set: which one, how large, and the features themselves."""

from __future__ import annotations

from torch import Tensor

from prunebench.eval.cost.geometry import frames_of
from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.data import DataSet
from prunebench.harness.networks.cnn14 import at_least
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.networks.frontend import FRONT_ENDS


def fitting_front(dataset: DataSet, front: Front | None) -> Front:
    """The front end given, or PANNs' of the data set's rate.

    Raises:
        InputError: for a front end of another rate than the clips', or a rate for which PANNs has none.
    """
    if front is None:
        if dataset.sample_rate not in FRONT_ENDS:
            raise InputError(
                f"PANNs has front ends for {', '.join(map(str, sorted(FRONT_ENDS)))} Hz. Found `{dataset.label}` at "
                f"{dataset.sample_rate} Hz: resample its clips, or take a network with a front end of that rate."
            )
        return FRONT_ENDS[dataset.sample_rate]
    if front.sample_rate != dataset.sample_rate:
        raise InputError(
            f"The network needs clips at {front.sample_rate} Hz. Found `{dataset.label}` at "
            f"{dataset.sample_rate} Hz: choose a data set and a network with the same rate, or set "
            "`data.sample_rate`, which resamples recordings."
        )
    return front


def map_of(front: Front, samples: int) -> tuple[int, int]:
    """Frames and mels of a clip of so many samples."""
    with foreign_code("A front end must give the number of frames of a clip"):
        return frames_of(front, max(samples, _shortest(front))), front.mels


def made_by(front: Front, waveforms: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Features (clips, frames, mels) of waveforms (clips, samples), on their device, without a graph for gradients.

    Args:
        front: the front end; waveforms that are shorter than its `shortest` are padded with zeros.
        waveforms: at its rate.
        shape: (frames, mels), as `map_of` gave them.

    Raises:
        InputError: for features of another shape, or a front end that raises.
    """
    with foreign_code("A front end must make features of clips"):
        found = front.features(at_least(waveforms, _shortest(front))).detach()
    if tuple(found.shape[1:]) != shape:
        raise InputError(
            f"The front end declares {shape[0]} frames of {shape[1]} mels, but its features have the shape "
            f"{tuple(found.shape)}: correct its `frames` and `mels`."
        )
    return found


def _shortest(front: Front) -> int:
    return int(getattr(front, "shortest", 1))

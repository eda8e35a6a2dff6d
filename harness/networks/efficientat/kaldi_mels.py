"""The front end of EfficientAT in evaluation mode: pre-emphasis, power spectra, Kaldi's mels, logarithm.

As the published code defines it (`AugmentMelSTFT` of Schmid, Koutini & Widmer, *Efficient Large-scale Audio Tagging
via Transformer-to-CNN Knowledge Distillation*, ICASSP 2023). What that adds while it trains, shifted mels and masks, is
augmentation and is not part of it.
"""

from __future__ import annotations

import functools
import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prunebench.harness.networks.constants import constant
from prunebench.harness.networks.efficientat.power_spectra import power_spectra

VERSION = 1  # raised when features would differ


@dataclass(frozen=True)
class KaldiMels:
    """What decides the features, and the features of waveforms.

    Args:
        sample_rate: of the waveforms, Hz.
        window, hop: samples.
        n_fft: samples that a Fourier transform takes, the window in their middle.
        mels: of a frame.
        fmin, fmax: where the mels begin and end, Hz.
        pre_emphasis: share of a sample that is taken off the next one.
        floor: added to the energy of a mel before the logarithm.
        centre, scale: a logarithm is centred and divided by these.
    """

    sample_rate: int = 32_000
    window: int = 800
    hop: int = 320
    n_fft: int = 1024
    mels: int = 128
    fmin: float = 0.0
    fmax: float = 15_000.0
    pre_emphasis: float = 0.97
    floor: float = 1e-5
    centre: float = -4.5
    scale: float = 5.0

    counted_as: ClassVar[str] = "fft"

    @property
    def identity(self) -> dict[str, object]:
        """All that decides features, as it enters the hash of what is computed from them."""
        return {"front_end": "kaldi_mels", "version": VERSION, **asdict(self)}

    @property
    def shortest(self) -> int:
        """Samples that a waveform has at least: its edges are reflected by half a transform."""
        return self.n_fft // 2 + 2

    def frames(self, samples: int) -> int:
        """Frames of a waveform: one each `hop` samples; pre-emphasis leaves one sample less."""
        return (samples - 1) // self.hop + 1

    def macs(self, samples: int) -> int:
        r"""MACs of the Fourier transforms, :math:`N \log_2 N` a frame for :math:`N` = `n_fft` real samples.

        A complex transform of :math:`M` points has :math:`\tfrac{M}{2} \log_2 M` butterflies, each with one complex
        multiplication, 4 multiply–accumulates (Cooley & Tukey 1965). A real one of :math:`N` samples is a complex one
        of :math:`M = N / 2` points, :math:`N (\log_2 N - 1)`, whose outputs are then taken apart by one complex
        multiplication for each of :math:`N / 4` pairs, :math:`N` more. Mels and the logarithm are not counted.
        """
        return round(self.n_fft * math.log2(self.n_fft)) * self.frames(samples)

    @torch.no_grad()
    def features(self, waveforms: Tensor) -> Tensor:
        """`log_mel`, without a graph for gradients: what is cached and fed to the network."""
        return self.log_mel(waveforms)

    def log_mel(self, waveforms: Tensor) -> Tensor:
        """Features of waveforms, in single precision under automatic mixed precision too.

        Args:
            waveforms: (clips, samples) at `sample_rate`, at least `shortest` samples.

        Returns:
            (clips, frames, mels); silence is (log(floor) − centre) / scale, −1.4.
        """
        with _single_precision(waveforms.device.type):
            emphasised = waveforms[:, 1:] - self.pre_emphasis * waveforms[:, :-1]
            power = power_spectra(emphasised, self.n_fft, self.window, self.hop)
            energy = power @ constant(kaldi_filterbank(self), power)
            return ((energy + self.floor).log() - self.centre) / self.scale


EFFICIENTAT = KaldiMels()


@functools.cache
def kaldi_filterbank(front: KaldiMels = EFFICIENTAT) -> NDArray[np.float32]:
    """Triangular filters on Kaldi's mel scale, shape (n_fft // 2 + 1, mels); float32.

    .. math:: m(f) = 1127 \\ln(1 + f / 700)

    The edges of the triangles are equally far apart on this scale, each peak is 1, and the sides are straight on the
    scale, not in Hz. The bin at half the sample rate belongs to no filter. As in Kaldi (`mel-computations.cc`).
    """
    edges = np.linspace(_to_mel(front.fmin), _to_mel(front.fmax), front.mels + 2)
    bins = _to_mel(np.arange(front.n_fft // 2) * front.sample_rate / front.n_fft)[:, None]
    rising = (bins - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins) / np.diff(edges)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: NDArray[np.float32] = np.pad(triangles, ((0, 1), (0, 0))).astype(np.float32)
    filters.flags.writeable = False  # every caller is given this one
    return filters


def _single_precision(device: str) -> AbstractContextManager[object]:
    """Energies exceed what float16 can hold, so no mixed precision inside; the meta device knows none."""
    available = torch.amp.is_autocast_available(device)
    return torch.autocast(device, enabled=False) if available else nullcontext()


def _to_mel(hz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(np.asarray(hz) / 700.0))

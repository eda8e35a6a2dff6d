"""The log-mel front end of PANNs: 32 kHz, 1024 window, 320 hop, 64 mels from 50 Hz to 14 kHz; or at 16 or 8 kHz.

Two forms of one computation. `LogMel` is part of the model, with the STFT as the convolution PANNs runs and
counts; `log_mel` takes the FFT and fills the feature cache about a hundred times faster. Tests hold them
equal.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.eval.cost.geometry import HOP, MELS, SAMPLE_RATE, WINDOW
from prunebench.harness.networks.constants import constant

FMIN = 50.0
FMAX = 14000.0
FLOOR = 1e-10
SILENCE = -100.0  # decibels, of the floor

VERSION = 1  # raised when cached features would differ


@dataclass(frozen=True)
class FrontEnd:
    """What decides log-mel features beside the number of mels.

    Args:
        sample_rate: of the waveforms, Hz.
        window, hop: samples.
        fmin, fmax: where the mels begin and end, Hz.
    """

    sample_rate: int = SAMPLE_RATE
    window: int = WINDOW
    hop: int = HOP
    fmin: float = FMIN
    fmax: float = FMAX

    counted_as: ClassVar[str] = "convolution"

    @property
    def mels(self) -> int:
        """Mels of a frame."""
        return MELS

    @property
    def identity(self) -> dict[str, object]:
        """All that decides features, as it enters the hash of what is computed from them."""
        return {"version": VERSION, "mels": MELS, "floor": FLOOR, **asdict(self)}

    @property
    def shortest(self) -> int:
        """Samples that a waveform has at least: its edges are reflected by half a window."""
        return self.window // 2 + 1

    def frames(self, samples: int) -> int:
        """Frames of a waveform: one each `hop` samples."""
        return frames(samples, self)

    def macs(self, samples: int) -> int:
        """MACs of the short-time Fourier transform as the two convolutions that PANNs runs."""
        return 2 * (self.window // 2 + 1) * self.window * self.frames(samples)

    def features(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to features (clips, frames, mels), by FFT."""
        return log_mel(waveforms, self)


PANNS = FrontEnd()
# By sampling rate: those of Cnn14, Cnn14_16k and Cnn14_8k. A clip of 10 s has 1,001 frames in each.
FRONT_ENDS = {
    32000: PANNS,
    16000: FrontEnd(16000, 512, 160, 50.0, 8000.0),
    8000: FrontEnd(8000, 256, 80, 50.0, 4000.0),
}


def frames(samples: int, front: FrontEnd = PANNS) -> int:
    """Frames of a clip: one each `hop` samples, edges padded by reflection."""
    return samples // front.hop + 1


@functools.cache
def mel_filterbank(front: FrontEnd = PANNS) -> NDArray[np.float32]:
    """Triangular filters on Slaney's mel scale with unit area, shape (window // 2 + 1, MELS).

    The formula of Slaney's *Auditory Toolbox* (1998): linear below 1 kHz, logarithmic above.
    """
    step, knee, log_step = 200.0 / 3, 1000.0, np.log(6.4) / 27

    def to_mel(hz: float) -> float:
        return hz / step if hz < knee else knee / step + float(np.log(hz / knee)) / log_step

    mels = np.linspace(to_mel(front.fmin), to_mel(front.fmax), MELS + 2)
    edges = np.where(mels < knee / step, mels * step, knee * np.exp(log_step * (mels - knee / step)))
    bins = np.linspace(0, front.sample_rate / 2, front.window // 2 + 1)
    rising = (bins[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins[:, None]) / np.diff(edges)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    unit_area: NDArray[np.float32] = (triangles * 2 / (edges[2:] - edges[:-2])).astype(np.float32)
    unit_area.flags.writeable = False  # every caller is given this one
    return unit_area


def _hann(window: int) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)


def _decibels(power: Tensor) -> Tensor:
    return 10.0 * torch.log10(power.clamp(min=FLOOR))


@torch.no_grad()
def log_mel(waveforms: Tensor, front: FrontEnd = PANNS) -> Tensor:
    """Log-mel features by FFT; while a graph is exported by convolution, since ONNX knows no complex numbers.

    Args:
        waveforms: (clips, samples) at the front end's rate, at least `window // 2 + 1` samples.
        front: the front end.

    Returns:
        (clips, frames, MELS) in decibels.
    """
    if torch.onnx.is_in_onnx_export():
        return _log_mel_in_a_graph(waveforms, front)
    window = torch.from_numpy(_hann(front.window)).to(waveforms)
    spectrum = torch.stft(
        waveforms,
        front.window,
        front.hop,
        window=window,
        center=True,
        pad_mode="reflect",
        return_complex=True,
    )
    power = spectrum.abs().square().transpose(1, 2)
    return _decibels(power @ torch.from_numpy(mel_filterbank(front).copy()).to(power))


def _log_mel_in_a_graph(waveforms: Tensor, front: FrontEnd) -> Tensor:
    edge = front.window // 2
    padded = nn.functional.pad(waveforms[:, None], (edge, edge), mode="reflect")
    basis = constant(np.concatenate(_windowed_waves(front.window))[:, None], waveforms)
    real, imaginary = nn.functional.conv1d(padded, basis, stride=front.hop).chunk(2, dim=1)
    power = (real.square() + imaginary.square()).transpose(1, 2)
    return _decibels(power @ constant(mel_filterbank(front), waveforms))


def _windowed_waves(window: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Windowed cosines and negative sines, (bins, window) each."""
    angle = 2 * np.pi * np.outer(np.arange(window // 2 + 1), np.arange(window)) / window
    return np.cos(angle) * _hann(window), -np.sin(angle) * _hann(window)


@functools.cache
def _fourier_basis(window: int) -> tuple[Tensor, Tensor]:
    """`_windowed_waves`, (bins, 1, window) each; every model of a sweep has a copy."""
    real, imaginary = (torch.from_numpy(basis).float()[:, None] for basis in _windowed_waves(window))
    return real, imaginary


class _Stft(nn.Module):
    """Discrete Fourier transform as two convolutions, named as in torchlibrosa."""

    def __init__(self, front: FrontEnd) -> None:
        super().__init__()
        window, bins = front.window, front.window // 2 + 1
        self._padding = (window // 2, window // 2)
        self.conv_real, self.conv_imag = (
            nn.Conv1d(1, bins, window, stride=front.hop, bias=False) for _ in range(2)
        )
        for conv, basis in zip((self.conv_real, self.conv_imag), _fourier_basis(window), strict=True):
            conv.weight = nn.Parameter(basis.clone(), requires_grad=False)

    def forward(self, waveforms: Tensor) -> tuple[Tensor, Tensor]:
        padded = nn.functional.pad(waveforms[:, None], self._padding, mode="reflect")
        return self.conv_real(padded), self.conv_imag(padded)


class _Spectrogram(nn.Module):
    def __init__(self, front: FrontEnd) -> None:
        super().__init__()
        self.stft = _Stft(front)

    def forward(self, waveforms: Tensor) -> Tensor:
        real, imaginary = self.stft(waveforms)
        power: Tensor = real.square() + imaginary.square()
        return power.transpose(1, 2)[:, None]


class _Mel(nn.Module):
    def __init__(self, front: FrontEnd) -> None:
        super().__init__()
        self.melW = nn.Parameter(torch.from_numpy(mel_filterbank(front).copy()), requires_grad=False)

    def forward(self, power: Tensor) -> Tensor:
        return _decibels(power @ self.melW)


def spectrogram_extractor(front: FrontEnd = PANNS) -> nn.Module:
    """Waveforms (clips, samples) to power spectra (clips, 1, frames, bins)."""
    return _Spectrogram(front)


def logmel_extractor(front: FrontEnd = PANNS) -> nn.Module:
    """Power spectra to log-mel features (clips, 1, frames, MELS)."""
    return _Mel(front)

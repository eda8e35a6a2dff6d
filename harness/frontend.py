"""The log-mel front end of PANNs: 32 kHz, 1024 window, 320 hop, 64 mels from 50 Hz to 14 kHz.

Two forms of one computation. `LogMel` is part of the model, with the STFT as the convolution PANNs runs and
counts; `log_mel` takes the FFT and fills the feature cache about a hundred times faster. Tests hold them
equal.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

SAMPLE_RATE = 32000
WINDOW = 1024
HOP = 320
MELS = 64
FMIN = 50.0
FMAX = 14000.0
FLOOR = 1e-10

VERSION = 1  # raised when cached features would differ


def frames(samples: int) -> int:
    """Frames of a clip: one each `HOP` samples, edges padded by reflection."""
    return samples // HOP + 1


def mel_filterbank() -> NDArray[np.float32]:
    """Triangular filters on Slaney's mel scale with unit area, shape (WINDOW // 2 + 1, MELS).

    The formula of Slaney's *Auditory Toolbox* (1998): linear below 1 kHz, logarithmic above.
    """
    step, knee, log_step = 200.0 / 3, 1000.0, np.log(6.4) / 27

    def to_mel(hz: float) -> float:
        return hz / step if hz < knee else knee / step + float(np.log(hz / knee)) / log_step

    mels = np.linspace(to_mel(FMIN), to_mel(FMAX), MELS + 2)
    edges = np.where(mels < knee / step, mels * step, knee * np.exp(log_step * (mels - knee / step)))
    bins = np.linspace(0, SAMPLE_RATE / 2, WINDOW // 2 + 1)
    rising = (bins[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins[:, None]) / np.diff(edges)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    unit_area: NDArray[np.float32] = (triangles * 2 / (edges[2:] - edges[:-2])).astype(np.float32)
    return unit_area


def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def _decibels(power: Tensor) -> Tensor:
    return 10.0 * torch.log10(power.clamp(min=FLOOR))


@torch.no_grad()
def log_mel(waveforms: Tensor) -> Tensor:
    """Log-mel features by FFT.

    Args:
        waveforms: (clips, samples) at 32 kHz, at least `WINDOW // 2 + 1` samples.

    Returns:
        (clips, frames, MELS) in decibels.
    """
    window = torch.from_numpy(_hann()).to(waveforms)
    spectrum = torch.stft(
        waveforms, WINDOW, HOP, window=window, center=True, pad_mode="reflect", return_complex=True
    )
    power = spectrum.abs().square().transpose(1, 2)
    return _decibels(power @ torch.from_numpy(mel_filterbank()).to(power))


class _Stft(nn.Module):
    """Discrete Fourier transform as two convolutions, named as in torchlibrosa."""

    def __init__(self) -> None:
        super().__init__()
        bins = WINDOW // 2 + 1
        angle = 2 * np.pi * np.outer(np.arange(bins), np.arange(WINDOW)) / WINDOW
        self.conv_real, self.conv_imag = (
            nn.Conv1d(1, bins, WINDOW, stride=HOP, bias=False) for _ in range(2)
        )
        for conv, basis in ((self.conv_real, np.cos(angle)), (self.conv_imag, -np.sin(angle))):
            weight = torch.from_numpy(basis * _hann()).float()[:, None]
            conv.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, waveforms: Tensor) -> tuple[Tensor, Tensor]:
        padded = nn.functional.pad(waveforms[:, None], (WINDOW // 2, WINDOW // 2), mode="reflect")
        return self.conv_real(padded), self.conv_imag(padded)


class _Spectrogram(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stft = _Stft()

    def forward(self, waveforms: Tensor) -> Tensor:
        real, imaginary = self.stft(waveforms)
        power: Tensor = real.square() + imaginary.square()
        return power.transpose(1, 2)[:, None]


class _Mel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.melW = nn.Parameter(torch.from_numpy(mel_filterbank()), requires_grad=False)

    def forward(self, power: Tensor) -> Tensor:
        return _decibels(power @ self.melW)


def spectrogram_extractor() -> nn.Module:
    """Waveforms (clips, samples) to power spectra (clips, 1, frames, bins)."""
    return _Spectrogram()


def logmel_extractor() -> nn.Module:
    """Power spectra to log-mel features (clips, 1, frames, MELS)."""
    return _Mel()

"""Power spectra of waveforms by FFT, and as a convolution in graphs that are exported.

ONNX exporters of torch refuse complex numbers, so a graph gets the convolution; tests hold the two forms equal.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from prunebench.harness.networks.constants import constant


def power_spectra(waveforms: Tensor, n_fft: int, window: int, hop: int) -> Tensor:
    """Squared moduli of a short-time Fourier transform, edges padded by reflection.

    Args:
        waveforms: (clips, samples), more than `n_fft // 2` samples.
        n_fft: samples of a transform; a symmetric Hann window lies in their middle.
        window: its length, even, at most `n_fft`.
        hop: samples from frame to frame.

    Returns:
        (clips, samples // hop + 1, n_fft // 2 + 1).
    """
    if torch.onnx.is_in_onnx_export():
        return _by_convolution(waveforms, n_fft, window, hop)
    hann = constant(_symmetric_hann(window), waveforms)
    spectrum = torch.stft(waveforms, n_fft, hop, window, hann, center=True, return_complex=True)
    return torch.view_as_real(spectrum).square().sum(-1).transpose(1, 2)


def _by_convolution(waveforms: Tensor, n_fft: int, window: int, hop: int) -> Tensor:
    """Kernels as long as the window alone: where in the transform it lies turns phases, which the modulus loses."""
    angle = 2 * np.pi * np.outer(np.arange(n_fft // 2 + 1), np.arange(window)) / n_fft
    basis = np.concatenate([np.cos(angle), np.sin(angle)]) * _symmetric_hann(window)
    padded = F.pad(waveforms[:, None], (window // 2, window // 2), mode="reflect")
    parts = F.conv1d(padded, constant(basis[:, None], waveforms), stride=hop)
    real, imaginary = parts.chunk(2, dim=1)
    return (real.square() + imaginary.square()).transpose(1, 2)


def _symmetric_hann(window: int) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / (window - 1))

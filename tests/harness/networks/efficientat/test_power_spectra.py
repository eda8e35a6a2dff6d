import pytest
import torch

from prunebench.harness.networks.efficientat.power_spectra import power_spectra


@pytest.mark.parametrize(("n_fft", "window", "hop"), [(1024, 800, 320), (64, 64, 16), (64, 40, 7)])
@pytest.mark.parametrize("samples", [1000, 1280, 4001])
def test_the_form_for_graphs_gives_the_spectra_of_the_fft(monkeypatch, n_fft, window, hop, samples):
    waveforms = torch.randn(2, samples, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    by_fft = power_spectra(waveforms, n_fft, window, hop)
    monkeypatch.setattr(torch.onnx, "is_in_onnx_export", lambda: True)
    monkeypatch.setattr(torch, "stft", None)  # what the graph may not contain
    by_convolution = power_spectra(waveforms, n_fft, window, hop)
    assert by_convolution.shape == (2, samples // hop + 1, n_fft // 2 + 1)
    torch.testing.assert_close(by_convolution, by_fft, rtol=1e-9, atol=1e-9)

"""MACs and parameters per layer by five counters: their sums are their totals, their departures are known."""

import pytest

from prunebench.eval import (
    COUNTERS,
    compressed_file_bytes,
    count_macs,
    count_parameters,
    file_bytes,
    layer_counts,
    panns_flops,
)
from prunebench.eval.cost.geometry import convolutions
from prunebench.harness import Cnn14, save_checkpoint

WIDTHS = (2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10)
SAMPLES = 32_000


@pytest.fixture(scope="module")
def model() -> Cnn14:
    return Cnn14(WIDTHS, n_classes=5, embedding=7)


def test_sums_are_the_totals_of_each_counter(model: Cnn14) -> None:
    found = layer_counts(model, SAMPLES)
    macs = count_macs(model, SAMPLES)
    totals = {name: COUNTERS[key](model, SAMPLES) for name, key in TOTALS.items()} | {"closed form": macs}
    for name, rows in found.items():
        with_frontend = sum(count.macs for count in rows.values())
        backbone = sum(count.macs for row, count in rows.items() if row not in ("stft", "mel"))
        assert (backbone, with_frontend) == totals[name], name
        assert list(rows) == list(found["closed form"])
    assert sum(count.parameters for count in found["closed form"].values()) == count_parameters(model)


TOTALS = {
    "fvcore": "fvcore_total",
    "thop": "thop",
    "torch-pruning": "torch_pruning",
    "torch": "flop_counter",
}


def test_departures_layer_by_layer(model: Cnn14) -> None:
    found = layer_counts(model, SAMPLES)
    for layer in convolutions(WIDTHS, SAMPLES):
        closed = found["closed form"][layer.name].macs
        assert found["fvcore"][layer.name].macs - closed == 2 * layer.outputs
        assert found["torch-pruning"][layer.name].macs - closed == 2 * layer.outputs
        # thop counts every batch norm twice
        assert found["thop"][layer.name].macs - closed == 4 * layer.outputs
        assert found["torch"][layer.name].macs == closed
        counted = {name: rows[layer.name].parameters for name, rows in found.items()}
        assert counted.pop("torch") is None
        assert len(set(counted.values())) == 1
    assert found["thop"]["mel"] == (0, 0)  # and leaves out the mel product
    assert found["fvcore"]["mel"].macs == found["torch"]["mel"].macs == 513 * 64 * 101
    assert found["closed form"]["mel"].macs == 0


def test_the_published_model() -> None:
    full = Cnn14()
    macs = count_macs(full)
    assert (round(macs.with_frontend / 1e9, 4), round(macs.backbone / 1e9, 4)) == (21.0936, 20.0419)
    assert round(panns_flops(full.widths, 527, 2048) / 1e9, 3) == 42.220


def test_files(model: Cnn14, tmp_path) -> None:
    save_checkpoint(model, tmp_path / "model.pt")
    assert file_bytes(model) == pytest.approx((tmp_path / "model.pt").stat().st_size, rel=1e-3)
    assert compressed_file_bytes(model) < file_bytes(model)
    half = sum(t.numel() * 2 for t in model.state_dict().values() if t.is_floating_point())
    assert abs(file_bytes(model) - file_bytes(model, half=True) - half) < 2048  # tensors are aligned
    assert compressed_file_bytes(model, half=True) < file_bytes(model, half=True)

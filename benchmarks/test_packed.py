"""Reading packed 10 s clips as training reads them: batched, off the main thread; `tox -e bench`.

`-rP` shows clips a second: 512 over the median time.
"""

import numpy as np
import pytest

from prunebench.harness.data.audioset.index import Index
from prunebench.harness.data.audioset.packed import read_packed
from prunebench.harness.data.audioset.packed_clips import PackedClips
from prunebench.harness.networks.frontend import PANNS, log_mel
from prunebench.harness.training.prefetch import ahead
from prunebench.harness.training.sampling import ShuffledOrder

h5py = pytest.importorskip("h5py")
torch = pytest.importorskip("torch")
CLIPS, SAMPLES, BATCH, BATCHES = 512, 320_000, 32, 16


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """512 clips of noise, 328 MB in one piece, as PANNs writes them; and compressed in chunks of a clip."""
    root = tmp_path_factory.mktemp("packed")
    noise = np.random.default_rng(0).integers(-9999, 9999, (CLIPS, SAMPLES), dtype=np.int16)
    for name, options in (("plain", {}), ("chunked", {"chunks": (1, SAMPLES)})):
        with h5py.File(root / f"{name}.h5", "w") as file:
            file["audio_name"] = np.array([f"Y{n}.wav".encode() for n in range(CLIPS)], dtype="S20")
            file["target"] = np.zeros((CLIPS, 527), bool)
            file.create_dataset("waveform", data=noise, **options)
            file.attrs["sample_rate"] = 32000
    return root


def clips_of(path):
    file = read_packed(path)
    rows = np.arange(CLIPS)
    index = Index(tuple(map(str, rows)), file.targets(), (path,), np.zeros(CLIPS, np.intp), rows, 0)
    return PackedClips(index, (file,), 1)


def one_by_one(path, rows):
    """The slow reference: PANNs' way, the file opened for every clip."""
    found = []
    for row in rows:
        with h5py.File(path) as file:
            found.append((file["waveform"][row] / 32767.0).astype(np.float32))
    return np.stack(found)


def batches():
    order = ShuffledOrder(CLIPS, 0)
    return [order.rows(number * BATCH, BATCH) for number in range(BATCHES)]


def drained(fetch, threads=2):
    return sum(len(found) for _, found in ahead(batches(), fetch, threads=threads))


def test_both_ways_read_the_same(packed):
    rows = batches()[0]
    np.testing.assert_allclose(
        clips_of(packed / "plain.h5").waveforms(rows), one_by_one(packed / "plain.h5", rows), atol=1e-7
    )


def say_rate(benchmark):
    rate = round(BATCH * BATCHES / benchmark.stats.stats.median)
    benchmark.extra_info["clips_per_second"] = rate
    print(f"{rate} clips a second")


@pytest.mark.parametrize("layout", ["plain", "chunked"])
def test_read_ahead(benchmark, packed, layout):
    benchmark.group = "512 packed clips of 10 s, 32 at a time"
    clips = clips_of(packed / f"{layout}.h5")
    read = benchmark.pedantic(drained, (clips.waveforms,), rounds=5, warmup_rounds=1)
    assert read == BATCH * BATCHES
    say_rate(benchmark)


def test_read_ahead_with_features(benchmark, packed):
    benchmark.group = "512 packed clips of 10 s, 32 at a time"
    clips = clips_of(packed / "plain.h5")
    torch.set_num_threads(1)
    benchmark.pedantic(
        drained, (lambda rows: log_mel(torch.from_numpy(clips.waveforms(rows)), PANNS),), rounds=3
    )
    say_rate(benchmark)


def test_one_by_one(benchmark, packed):
    benchmark.group = "512 packed clips of 10 s, 32 at a time"
    path = packed / "plain.h5"
    benchmark.pedantic(lambda: [one_by_one(path, rows) for rows in batches()], rounds=3)
    say_rate(benchmark)

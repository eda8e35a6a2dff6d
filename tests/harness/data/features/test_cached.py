import dataclasses
import math
import multiprocessing
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pytest
import soundfile
import torch

from prunebench.eval.errors import InputError
from prunebench.harness.data import Clips, DataOptions, DataSet, open_dataset
from prunebench.harness.data.features import cached as features
from prunebench.harness.data.features.cached import cached_features
from prunebench.harness.networks import frontend
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.waveforms import Waveforms
from prunebench.harness.networks.efficientat.kaldi_mels import EFFICIENTAT

CLIPS = 70  # three groups, the last of six


class Noise(Clips):
    """Clips of noise that count how often they are made and can fail at one."""

    def __init__(self, clips=CLIPS, samples=3200, fails_at=None):
        self.names = tuple(f"noise {i}" for i in range(clips))
        self.sources = tuple((name,) for name in self.names)
        self.targets = np.ones((clips, 1), dtype=bool)
        self.samples, self.fails_at = samples, fails_at
        self.made = []
        self.lock = threading.Lock()

    def waveform(self, index):
        if index == self.fails_at:
            raise InputError(f"cannot read {self.names[index]}")
        with self.lock:
            self.made.append(index)
        return np.random.default_rng(index).standard_normal(self.samples).astype(np.float32) * 0.1


def noise_set(identity=1, **options):
    clips = Noise(**options)
    return DataSet(
        "noise", {"name": "noise", "version": identity}, ("noise",), clips.samples, clips, clips, clips
    )


def files(cache):
    return sorted(path.name for path in cache.iterdir() if path.suffix != ".lock")


def test_features_are_the_front_ends(tmp_path):
    data = noise_set()
    found = cached_features(data, "test", tmp_path)
    assert found.shape == (CLIPS, frontend.frames(3200), 64)
    assert found.dtype == np.float32
    for index in (0, 31, 32, CLIPS - 1):
        one = frontend.log_mel(torch.from_numpy(data.test.waveform(index))[None])[0]
        np.testing.assert_allclose(found[index], one, atol=1e-4)


def test_features_are_what_the_model_computes_from_waveforms(tmp_path):
    """Cached and in-model front end agree."""
    data = open_dataset(DataOptions(training_clips=4, validation_clips=1, test_clips=1))
    model = Cnn14(widths=(2,) * 12, n_classes=24, embedding=2, seed=1).eval()
    waveforms = torch.from_numpy(np.stack([data.training.waveform(index) for index in range(4)]))
    cached = torch.from_numpy(np.array(cached_features(data, "training", tmp_path)))
    with torch.no_grad():
        torch.testing.assert_close(cached, model.log_mel(waveforms), rtol=0, atol=0.01)
        torch.testing.assert_close(
            model.from_log_mel(cached).probabilities, model(waveforms).probabilities, rtol=0, atol=1e-4
        )


def test_read_only_memory_map(tmp_path):
    found = cached_features(noise_set(), "test", tmp_path)
    assert isinstance(found, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 0


def test_second_call_computes_nothing(tmp_path):
    data = noise_set()
    first = np.array(cached_features(data, "test", tmp_path))
    assert sorted(data.test.made) == list(range(CLIPS))
    np.testing.assert_array_equal(cached_features(data, "test", tmp_path), first)
    assert len(data.test.made) == CLIPS
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("change", ["split", "identity", "front end"])
def test_what_decides_the_features_decides_the_file(tmp_path, monkeypatch, change):
    cached_features(noise_set(), "test", tmp_path)
    if change == "front end":
        monkeypatch.setattr(frontend, "VERSION", 99)
    data = noise_set(identity=2 if change == "identity" else 1)
    cached_features(data, "training" if change == "split" else "test", tmp_path)
    assert len(data.test.made) == CLIPS
    assert len(files(tmp_path)) == 2


def test_the_label_does_not_decide_the_file(tmp_path):
    cached_features(noise_set(), "test", tmp_path)
    renamed = dataclasses.replace(noise_set(), label="another")
    cached_features(renamed, "test", tmp_path)
    assert not renamed.test.made


def test_every_parameter_of_the_front_end_is_in_the_key():
    constants = {name.lower() for name in vars(frontend) if name.isupper()} - {
        "panns",
        "front_ends",
        "silence",
    }
    assert 10 * math.log10(frontend.FLOOR) == frontend.SILENCE  # it follows from the floor
    assert set(frontend.PANNS.identity) == constants
    assert frontend.PANNS.identity == {name: getattr(frontend, name.upper()) for name in constants}


def test_the_files_of_panns_front_ends_keep_their_names(tmp_path):
    """Where this fails, all that is kept must be computed again."""
    cached_features(noise_set(), "test", tmp_path)
    named = [path.stem for path in tmp_path.glob("*.npy")]
    assert named == ["17be11ca5d602810bbd2ca4099b858e853945496927affca0204ad4cd9a08a63"]
    for front in (frontend.PANNS, frontend.FrontEnd()):
        again = noise_set()
        cached_features(again, "test", tmp_path, front=front)
        assert not again.test.made


@pytest.mark.parametrize(
    "front",
    [EFFICIENTAT, Waveforms(), dataclasses.replace(frontend.PANNS, fmin=100.0)],
    ids=["mn", "waveforms", "other"],
)
def test_features_of_any_front_end_have_a_file_of_their_own(tmp_path, front):
    data = noise_set()
    cached_features(data, "test", tmp_path)
    found = cached_features(data, "test", tmp_path, front=front)
    assert len(files(tmp_path)) == 2
    assert found.shape == (CLIPS, front.frames(3200), front.mels)
    waveforms = torch.from_numpy(np.stack([data.test.waveform(index) for index in (0, 31, 69)]))
    np.testing.assert_allclose(found[[0, 31, 69]], front.features(waveforms).numpy(), atol=1e-4)


def test_a_clip_that_is_shorter_than_a_front_end_takes_is_padded(tmp_path):
    data = noise_set(samples=400)
    found = cached_features(data, "test", tmp_path, front=EFFICIENTAT)
    padded = torch.nn.functional.pad(
        torch.from_numpy(data.test.waveform(0))[None], (0, EFFICIENTAT.shortest - 400)
    )
    np.testing.assert_allclose(found[:1], EFFICIENTAT.features(padded).numpy(), atol=1e-4)


def test_a_front_end_hears_clips_at_its_own_rate(tmp_path):
    with pytest.raises(InputError, match=r"needs clips at 16000 Hz\. Found `noise` at 32000 Hz"):
        cached_features(noise_set(), "test", tmp_path, front=frontend.FRONT_ENDS[16000])
    assert not list(tmp_path.iterdir())


class Counted:
    """A front end that says neither what decides its features nor how many there are."""

    sample_rate, window, hop, mels = 32000, 100, 100, 100

    def features(self, waveforms):
        return waveforms.reshape(len(waveforms), -1, 100)


@dataclasses.dataclass(frozen=True)
class Told(Counted):
    gain: float = 1.0


class Wrong(Counted):
    identity: ClassVar = {"front_end": "wrong"}

    def frames(self, samples):
        return samples // 100 + 1


class Failing(Counted):
    identity: ClassVar = {"front_end": "failing"}

    def features(self, waveforms):
        raise ZeroDivisionError("no hop")


def test_a_front_end_of_ones_own_is_named_by_its_class_and_fields(tmp_path):
    found = cached_features(noise_set(), "test", tmp_path, front=Told())
    assert found.shape == (CLIPS, 32, 100)
    for front, files_then in ((Told(1.0), 1), (Told(2.0), 2)):
        cached_features(noise_set(), "test", tmp_path, front=front)
        assert len(files(tmp_path)) == files_then


@pytest.mark.parametrize(
    ("front", "sentence"),
    [
        (Counted(), "`Counted` is neither: give it one"),
        (
            Wrong(),
            "declares 33 frames of 100 mels, but its features have the shape .* 32, 100.: correct its `frames`",
        ),
        (Failing(), "must give the number of frames of 3200 samples. Found ZeroDivisionError: no hop"),
    ],
)
def test_a_front_end_that_cannot_be_used_leaves_nothing(tmp_path, front, sentence):
    with pytest.raises(InputError, match=sentence):
        cached_features(noise_set(), "test", tmp_path, front=front)
    assert files(tmp_path) == []


def damaged(whole: bytes, how: str) -> bytes:
    if how == "foreign features":
        other = np.zeros((CLIPS, 3, 64), np.float32)
    elif how == "other type":
        other = np.zeros((CLIPS, frontend.frames(3200), 64), np.float64)
    elif how == "pickle":
        other = np.array([{"a": 1}], dtype=object)
    else:
        return {
            "empty": b"",
            "text": b"not an array" * 50,
            "cut in its header": whole[:40],
            "cut in its data": whole[: len(whole) // 2],
            "one byte short": whole[:-1],
            "one byte long": whole + b"\0",
            "zip": b"PK\x03\x04" + whole,
        }[how]
    import io

    stream = io.BytesIO()
    np.save(stream, other, allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    "how",
    [
        "empty",
        "text",
        "cut in its header",
        "cut in its data",
        "one byte short",
        "one byte long",
        "zip",
        "foreign features",
        "other type",
        "pickle",
    ],
)
def test_a_damaged_or_foreign_file_is_built_again(tmp_path, how):
    expected = np.array(cached_features(noise_set(), "test", tmp_path))
    (path,) = tmp_path.glob("*.npy")
    path.write_bytes(damaged(path.read_bytes(), how))
    data = noise_set()
    np.testing.assert_array_equal(cached_features(data, "test", tmp_path), expected)
    assert len(data.test.made) == CLIPS


def test_a_failing_clip_leaves_nothing_and_the_next_call_builds(tmp_path):
    with pytest.raises(InputError, match="cannot read noise 40"):
        cached_features(noise_set(fails_at=40), "test", tmp_path)
    assert files(tmp_path) == []
    cached_features(noise_set(), "test", tmp_path)
    assert len(files(tmp_path)) == 1


def test_what_a_killed_process_left_is_replaced(tmp_path):
    cached_features(noise_set(), "test", tmp_path)
    (path,) = tmp_path.glob("*.npy")
    path.rename(path.with_suffix(".partial"))
    cached_features(noise_set(), "test", tmp_path)
    assert files(tmp_path) == [path.name]


def test_callers_at_the_same_time_build_once(tmp_path):
    data = noise_set()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: cached_features(data, "test", tmp_path), range(4)))
    assert sorted(data.test.made) == list(range(CLIPS))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_progress_counts_clips(tmp_path):
    told = []
    cached_features(noise_set(), "test", tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(32, CLIPS), (64, CLIPS), (70, CLIPS)]


def test_the_number_of_torch_threads_is_restored(tmp_path):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        during = []
        progress = lambda *_: during.append(torch.get_num_threads())  # noqa: E731
        cached_features(noise_set(), "test", tmp_path, progress=progress)
        assert torch.get_num_threads() == 2
        assert during == [1, 1, 1]
    finally:
        torch.set_num_threads(before)


def test_a_worker_computes_on_one_thread_and_leaves_interrupts_to_its_parent(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with ProcessPoolExecutor(
        1,
        multiprocessing.get_context("spawn"),
        initializer=features._begin_worker,
        initargs=(None, frontend.PANNS, None),
    ) as pool:
        assert pool.submit(torch.get_num_threads).result() == 1
        assert pool.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN


def test_workers_give_the_same_bytes(tmp_path):
    """And so do other processes: clips repeat to the last bit."""
    data = open_dataset(DataOptions(seconds=0.5, training_clips=CLIPS, validation_clips=1, test_clips=1))
    told = []
    alone = cached_features(data, "training", tmp_path / "alone")
    together = cached_features(
        data, "training", tmp_path / "together", workers=2, progress=lambda *count: told.append(count)
    )
    assert alone.tobytes() == together.tobytes()
    assert told[-1] == (CLIPS, CLIPS)
    assert len(told) == 3


def test_workers_name_the_recording_that_cannot_be_decoded(tmp_path):
    """Header and end can be whole and the sound between them not."""
    root = tmp_path / "set"
    (root / "meta").mkdir(parents=True)
    (root / "audio").mkdir()
    rows = ["filename,fold,target,category,src_file"]
    for number in range(99):
        soundfile.write(root / "audio" / f"{number}.wav", np.zeros(3200), 32000, subtype="FLOAT")
        rows.append(f"{number}.wav,{number % 3},0,silence,{number}")
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 64000)
    soundfile.write(root / "audio" / "5.wav", noise, 32000, format="FLAC")
    content = bytearray((root / "audio" / "5.wav").read_bytes())
    content[len(content) // 3 : len(content) // 3 + 400] = bytes(400)
    (root / "audio" / "5.wav").write_bytes(content)
    (root / "meta" / "esc50.csv").write_text("\n".join(rows))
    data = open_dataset(DataOptions("esc50", root=str(root)))
    with pytest.raises(InputError, match=r"5\.wav"):
        cached_features(data, "test", tmp_path / "cache", workers=2)
    assert files(tmp_path / "cache") == []


@pytest.mark.parametrize("where", ["a file", "under a file"])
def test_a_cache_that_cannot_be_a_folder(tmp_path, where):
    (tmp_path / "file").write_text("")
    cache = tmp_path / "file" if where == "a file" else tmp_path / "file" / "features"
    with pytest.raises(InputError, match="feature cache must be a folder with room for 0 MB"):
        cached_features(noise_set(), "test", cache)


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(features.os, "posix_fallocate", full, raising=False)
    with pytest.raises(InputError, match="No space left on device"):
        cached_features(noise_set(), "test", tmp_path)
    assert files(tmp_path) == []

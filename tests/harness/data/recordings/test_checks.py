"""The checks that every verb makes: whole files only, floats at the scale of floats, what is clipped is told."""

import struct

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.checks import check_recording
from prunebench.harness.data.recordings.decoding import decode_recording

RATE = 32000


def sine(level=0.5, seconds=1.0, rate=RATE):
    return level * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_at_the_scale_of_integers_are_refused_everywhere(tmp_path, subtype):
    path = tmp_path / "a.wav"
    soundfile.write(path, sine(20000.0), RATE, subtype=subtype)
    for use in (check_recording, lambda path: decode_recording(path, RATE)):
        with pytest.raises(
            InputError,
            match=r"in \[-1, 1\], .* Found a peak of 20,000 in `.*a\.wav`, as if its samples were integers",
        ):
            use(path)


def test_the_scale_is_looked_at_before_channels_are_averaged(tmp_path):
    opposite = sine(20000.0)
    soundfile.write(tmp_path / "a.wav", np.stack([opposite, -opposite], 1), RATE, subtype="FLOAT")
    with pytest.raises(InputError, match="as if its samples were integers"):
        decode_recording(tmp_path / "a.wav", RATE)


def test_what_is_clipped_is_counted_in_the_part_in_use(tmp_path):
    samples = sine()
    samples[100:103] = 1.5, -1.25, 1.0
    samples[-1] = 2.0
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    assert check_recording(tmp_path / "a.wav") == "3 of 32,000 samples exceed full scale and are clipped"
    assert check_recording(tmp_path / "a.wav", 0.5) == "2 of 16,000 samples exceed full scale and are clipped"
    assert np.abs(decode_recording(tmp_path / "a.wav", RATE)).max() == 1
    soundfile.write(tmp_path / "b.wav", sine(1.0), RATE, subtype="FLOAT")
    assert check_recording(tmp_path / "b.wav") is None


def test_a_recording_that_is_mostly_filled_with_silence_is_told(tmp_path):
    soundfile.write(tmp_path / "c.wav", np.full(8000, 0.1), 8000)
    assert check_recording(tmp_path / "c.wav", 3.0, tell_silence=True) is None
    told = check_recording(tmp_path / "c.wav", 3.5, tell_silence=True)
    assert told == "lasts 1 s and is filled with silence to 3.5 s"
    assert check_recording(tmp_path / "c.wav", 3.5) is None


@pytest.mark.parametrize(
    ("format", "endian"),
    [
        ("WAV", "FILE"),
        ("WAV", "BIG"),
        ("AIFF", "FILE"),
        ("AU", "FILE"),
        ("AU", "BIG"),
        ("W64", "FILE"),
        ("RF64", "FILE"),
    ],
)
def test_a_file_shorter_than_its_header_states_is_cut_short(tmp_path, format, endian):
    path = tmp_path / "a"
    soundfile.write(path, sine(), RATE, format=format, endian=endian, subtype="PCM_16")
    assert check_recording(path) is None
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(InputError, match=r"is incomplete"):
        check_recording(path)


@pytest.mark.parametrize("format", ["FLAC", "MP3"])
def test_a_compressed_file_whose_end_is_missing_is_cut_short(tmp_path, format):
    path = tmp_path / "a"
    soundfile.write(path, sine(seconds=3), RATE, format=format)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"incomplete|libsndfile cannot read"):
        check_recording(path)


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_stream_whose_last_page_is_missing_is_cut_short(tmp_path, subtype):
    path = tmp_path / "a"
    soundfile.write(path, sine(seconds=5, rate=48000), 48000, format="OGG", subtype=subtype)
    assert check_recording(path) is None
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"OggS")])
    with pytest.raises(InputError, match=r"incomplete|empty|malformed"):
        check_recording(path)


def test_a_recording_that_states_no_length_is_refused(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, sine(), RATE)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # the 36 bits of FLAC's stream information that count the samples
    content[22:26] = bytes(4)
    path.write_bytes(content)
    with pytest.raises(InputError, match="does not state its length"):
        check_recording(path)


@pytest.mark.parametrize("stated", [0xFFFFFFFF, 0xFFFFFFFF - 8, 0x7FFFF024])
def test_sizes_that_a_writer_to_a_pipe_could_not_know_are_no_cut(tmp_path, stated):
    path = tmp_path / "a.wav"
    soundfile.write(path, sine(), RATE, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[4:8] = struct.pack("<I", stated)
    path.write_bytes(content)
    assert check_recording(path) is None


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32", "NMS_ADPCM_16"])
def test_codings_that_cannot_be_sought_in_are_decoded_from_the_beginning(tmp_path, subtype):
    path = tmp_path / "a.wav"
    soundfile.write(path, sine(seconds=2, rate=8000), 8000, subtype=subtype)
    assert check_recording(path) is None
    clip = decode_recording(path, 8000, 8000)
    later = decode_recording(path, 4000, 8000, start=0.5)
    np.testing.assert_array_equal(later[:3000], clip[4000:7000])
    assert np.sqrt(np.mean(clip[1000:] ** 2)) == pytest.approx(0.5 / 2**0.5, rel=0.2)


def test_many_channels_take_no_more_memory_at_a_time_than_few(tmp_path):
    path = tmp_path / "a.wav"
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (9000, 200))
    soundfile.write(path, samples, RATE, subtype="DOUBLE")
    np.testing.assert_allclose(decode_recording(path, 9000), samples.mean(1), atol=1e-6)


def test_damaged_mp3_is_decoded_without_a_word_of_the_library(tmp_path, capfd):
    path = tmp_path / "a.mp3"
    soundfile.write(path, sine(seconds=3), RATE, format="MP3")
    content = bytearray(path.read_bytes())
    for at in range(500, len(content), 97):
        content[at] ^= 0x5A
    path.write_bytes(content)
    for use in (check_recording, lambda path: decode_recording(path, RATE)):
        try:
            use(path)
        except InputError as error:
            assert "a.mp3" in str(error)  # noqa: PT017 - either answer is right, a word on standard error is not
    assert capfd.readouterr().err == ""


def test_a_name_that_is_no_text_is_a_name(tmp_path):
    path = tmp_path / "a\udcff.wav"
    try:
        soundfile.write(tmp_path / "a.wav", sine(), RATE)
        (tmp_path / "a.wav").rename(path)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes names of text alone")
    assert check_recording(path) is None
    assert decode_recording(path, RATE).any()

"""Sound files: truncated, damaged, coded oddly, at integer scale, short, of many channels."""

from __future__ import annotations

import struct

import numpy as np
import soundfile
from cases import DONE, EITHER, REFUSED, Case, Ended, Place
from hearing import LEFT_OUT, heard_alike, hears
from kit import tone


def cut_short(place: Place) -> Case:
    """A wav that ends before its header says is refused, alone, or left out and named."""
    whole = place.put("x.wav")
    content = (place.at / whole).read_bytes()
    place.write("cut.wav", content[: place.chance.randint(60, len(content) - 5000)])
    if place.chance.random() < 0.5:
        return hears(place, "cut.wav", codes=REFUSED, says="cut")
    return hears(place, whole, "cut.wav", codes=frozenset({1}), says="cut.wav")


def damaged(place: Place) -> Case:
    """Changed or missing bytes in any format."""
    suffix, subtype = place.chance.choice(
        ((".wav", "PCM_16"), (".wav", "FLOAT"), (".flac", None), (".ogg", None), (".mp3", None), (".aiff",
        None), (".au", None), (".caf", None), (".w64", None))
    )  # fmt: skip
    soundfile.write(place.at / f"d{suffix}", tone(1.5), 32000, subtype=subtype)
    content = bytearray((place.at / f"d{suffix}").read_bytes())
    for _ in range(place.chance.choice((0, 1, 30, 500))):
        at = place.chance.randrange(min(len(content), place.chance.choice((64, len(content)))))
        content[at] = place.chance.randrange(256)
    if place.chance.random() < 0.5:
        del content[place.chance.randrange(len(content)) :]
    place.write(f"d{suffix}", bytes(content))
    return hears(place, f"d{suffix}", codes=EITHER)


def header(place: Place) -> Case:
    """A wav header with numbers that nothing bears."""
    rate = place.chance.choice((0, 1, 999, 44100, 2**31 - 1, 2**32 - 1))
    channels = place.chance.choice((0, 1, 2, 255, 65535))
    bits = place.chance.choice((0, 1, 8, 16, 24, 32, 64, 65535))
    size = place.chance.choice((0, 2, 64000, 2**31, 2**32 - 1))
    kind = place.chance.choice((1, 3, 6, 7, 0x31, 0x55, 0xFFFE, 0x1234))
    align = channels * bits // 8 & 0xFFFF
    chunk = struct.pack("<HHIIHH", kind, channels, rate, (rate * align) & 0xFFFFFFFF, align, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + chunk + b"data" + struct.pack("<I", size) + b"\1\2" * 32000
    place.write("h.wav", b"RIFF" + struct.pack("<I", len(body)) + body)
    return hears(place, "h.wav", codes=EITHER)


def gsm(place: Place) -> Case:
    """A coding that libsndfile reads but cannot seek in: the folder goes on."""
    folder = place.at / "many"
    folder.mkdir()
    soundfile.write(folder / "a.wav", tone(2, 8000), 8000, subtype="GSM610")
    soundfile.write(folder / "b.wav", tone(2, 8000), 8000, subtype="PCM_16")
    kind = place.chance.choice(("tag", "folder", "clips", "esc"))
    if kind == "tag":
        return hears(place, "many", codes=LEFT_OUT)
    if kind == "clips":
        words = ["score", place.put("m.pth"), "--pruner", "apoz", "--clips", "many", "-o", "s"]
        return Case(words, EITHER, ("s",))
    if kind == "esc":
        place.put("esc")
        name = next((place.at / "esc" / "audio").iterdir())
        soundfile.write(name, tone(5, 8000), 8000, subtype="GSM610")
        words = ["score", place.put("m.pth"), "--pruner", "apoz", "--clips", "esc", "-o", "s"]
        return Case(words, EITHER, ("s",))
    place.put("sounds")
    soundfile.write(place.at / "sounds" / "r0.wav", tone(2, 8000), 8000, subtype="GSM610")
    return Case(
        ["run", "--dry-run", "--set", "data.name=folder", "--set", "data.root=sounds", "-o", "r"], EITHER
    )


def coded(place: Place) -> Case:
    """Any coding that libsndfile writes sounds as the plain file does, or is left out by name."""
    major = place.chance.choice(sorted(soundfile.available_formats()))
    minor = place.chance.choice(sorted(soundfile.available_subtypes(major)))
    place.put("x.wav")
    suffix = {
        "WAV": "wav",
        "FLAC": "flac",
        "OGG": "ogg",
        "MP3": "mp3",
        "AIFF": "aiff",
        "AU": "au",
        "CAF": "caf",
        "W64": "w64",
    }
    name = f"c.{suffix.get(major, 'wav')}"
    try:
        soundfile.write(place.at / name, tone(2, 8000), 8000, format=major, subtype=minor)
    except Exception:  # a pair that needs other rates or channels
        place.write(name, b"nothing")
    return hears(place, "x.wav", name, codes=LEFT_OUT)


def integer_scale(place: Place) -> Case:
    """Float samples of thousands are no sound in [-1, 1]: refused or scaled, never clipped without a word."""
    scale = place.chance.choice((32767.0, 1000.0, 2.0**31))
    soundfile.write(place.at / "plain.wav", tone(2), 32000, subtype="FLOAT")
    soundfile.write(place.at / "scaled.wav", tone(2) * np.float32(scale), 32000, subtype="FLOAT")
    if place.chance.random() < 0.3:
        return hears(place, "scaled.wav", codes=frozenset({0, 2}), says="scaled")

    def check(ended: Ended) -> str | None:
        if ended.code == 1 or "scaled" in ended.err:
            return None
        return heard_alike("plain.wav", "scaled.wav")(ended) and "clipped without a word"

    return hears(place, "plain.wav", "scaled.wav", codes=LEFT_OUT, check=check)


def not_finite(place: Place) -> Case:
    wave = tone(2)
    wave[place.chance.randrange(len(wave))] = place.chance.choice((np.nan, np.inf, -np.inf))
    soundfile.write(place.at / "n.wav", wave, 32000, subtype="FLOAT")
    if place.chance.random() < 0.5:
        return hears(place, "n.wav", codes=REFUSED)
    return hears(place, place.put("x.wav"), "n.wav", codes=frozenset({1}), says="n.wav")


def short(place: Place) -> Case:
    """Clips from no sample to a second: one window, or a sentence."""
    samples = place.chance.choice((0, 1, 2, 31, 320, 1023, 5000, 31_999))
    soundfile.write(place.at / "s.wav", tone(1)[:samples], 32000)
    return hears(place, "s.wav", codes=frozenset({0, 2}) if samples < 2 else DONE)


def channels(place: Place) -> Case:
    """Channels are averaged: two alike sound as one."""
    count = place.chance.choice((2, 6, 64))
    soundfile.write(place.at / "one.wav", tone(2), 32000, subtype="FLOAT")
    soundfile.write(place.at / "many.wav", np.repeat(tone(2)[:, None], count, 1), 32000, subtype="FLOAT")
    return hears(place, "one.wav", "many.wav", codes=DONE, check=heard_alike("one.wav", "many.wav"))


VARIANTS = (
    cut_short, damaged, header, gsm, coded, integer_scale, not_finite, short, channels, damaged, header,
    coded,
)  # fmt: skip

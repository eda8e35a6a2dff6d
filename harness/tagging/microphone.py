"""Sound from a microphone, through PortAudio."""

from __future__ import annotations

import queue
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get

PORT_AUDIO = "on Linux PortAudio, the system's package libportaudio2"


class Microphone:
    """An input device, open between entering and leaving; `read` is what `live_windows` takes.

    Args:
        device: number or part of a name as PortAudio lists them; `None` for the system's default.
        seconds: after which it ends; `None` for never.

    Attributes:
        rate: of its samples, Hz: the device's own.
        overflows: how often PortAudio lost samples.

    Raises:
        InputError: without `sounddevice` or PortAudio, or for a device that is none.
    """

    def __init__(self, device: int | str | None = None, seconds: float | None = None) -> None:
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise InputError(
                f"`--live` needs `sounddevice` and PortAudio ({error}): {how_to_get('live')}, and {PORT_AUDIO}."
            ) from error
        self.overflows = 0
        self._blocks: queue.SimpleQueue[NDArray[np.float32]] = queue.SimpleQueue()
        try:
            self.rate = round(sounddevice.query_devices(device, "input")["default_samplerate"])
            self._stream = sounddevice.InputStream(
                samplerate=self.rate, device=device, channels=1, dtype="float32", callback=self._take
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            raise InputError(
                f"`--live` needs a microphone. {'The default device' if device is None else f'Device {device!r}'} "
                f"cannot be used ({error}): choose one from the list that `python -m sounddevice` prints."
            ) from error
        self._left = None if seconds is None else round(seconds * self.rate)

    def _take(self, block: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
        # PortAudio's thread: copy and leave, its memory is used again.
        self.overflows += bool(status and status.input_overflow)
        self._blocks.put(block[:, 0].copy())

    def read(self) -> NDArray[np.float32] | None:
        """What came since the last call, waiting for something; `None` once the time is over."""
        if self._left is not None and self._left <= 0:
            return None
        blocks = [self._blocks.get()]
        while not self._blocks.empty():
            blocks.append(self._blocks.get())
        found: NDArray[np.float32] = np.concatenate(blocks)
        if self._left is not None:
            self._left -= len(found)
        return found

    def __enter__(self) -> Microphone:
        self._stream.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

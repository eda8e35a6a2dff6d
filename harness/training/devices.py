"""One process or several, each on its device: what Hugging Face Accelerate does for the loop.

Accelerate and not Lightning Fabric: the loop keeps its own batches and states, and Accelerate asks for no module or
trainer of its own. It needs no more than torch, gives the same arithmetic as torch alone where one processor runs in
32 bits, and scales gradients of 16 bits and splits batches with few words.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import multiprocessing

from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.training.placement import Placement
from prunebench.harness.workspace.settled import settle
from prunebench.harness.workspace.worker_signals import leave_to_parent, leave_with_parent, starting_workers

if TYPE_CHECKING:
    from accelerate import Accelerator

PRECISIONS = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}
DEVICE_VARIABLE = "ACCELERATE_TORCH_DEVICE"
PATIENCE = datetime.timedelta(hours=6)  # the other processes wait while one evaluates


def accelerator(placement: Placement, *, accumulate: int = 1) -> Accelerator:
    """Accelerate's view of this process.

    Args:
        placement: where it trains; of several processes each has a device of the kind.
        accumulate: number of passes into which the batch of a step is split.

    Raises:
        InputError: where Accelerate is not installed.
    """
    try:
        from accelerate import Accelerator, InitProcessGroupKwargs
        from accelerate.state import AcceleratorState, GradientState
    except ImportError as error:
        raise InputError(
            "Training at full size, on another device than the processor or in mixed precision needs Accelerate, which "
            f"is not installed: {how_to_get('train')}."
        ) from error
    AcceleratorState._reset_state(True)  # a process may train several models, each with its own settings
    GradientState._reset_state()  # a training that failed within a step left it as if gradients were being gathered
    with _chosen(placement):
        return Accelerator(
            cpu=placement.kind == "cpu",
            mixed_precision=PRECISIONS[placement.precision],
            gradient_accumulation_steps=accumulate,
            step_scheduler_with_optimizer=False,
            kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
        )


@contextlib.contextmanager
def _chosen(placement: Placement) -> Iterator[None]:
    """Accelerate takes the first device that it finds, but where its variable names one."""
    if placement.kind == "cpu" or "LOCAL_RANK" in os.environ:
        yield
        return
    before = os.environ.get(DEVICE_VARIABLE)
    os.environ[DEVICE_VARIABLE] = placement.device
    try:
        yield
    finally:
        if before is None:
            del os.environ[DEVICE_VARIABLE]
        else:
            os.environ[DEVICE_VARIABLE] = before


def run_on_devices(devices: int, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Call `function(*arguments)` in so many processes that know of each other; in this one where it is one.

    They end when this returns or raises, and when this process ends.

    Raises:
        RuntimeError: with what a process raised.
    """
    if devices == 1:
        function(*arguments)
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    processes: list[Any] = []
    try:
        with starting_workers():  # which raises at its end what was heard within
            started = multiprocessing.spawn(  # type: ignore[attr-defined, no-untyped-call]
                _join,
                (devices, port, torch.get_num_threads(), function, arguments),
                nprocs=devices,
                join=False,
            )
            processes += started.processes
        while not started.join():
            pass
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join()


def _join(
    rank: int,
    devices: int,
    port: int,
    threads: int,
    function: Callable[..., None],
    arguments: tuple[Any, ...],
) -> None:
    leave_to_parent()
    leave_with_parent()
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(devices),
        LOCAL_WORLD_SIZE=str(devices),
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )
    settle(threads)  # as the process was that started this one
    function(*arguments)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()

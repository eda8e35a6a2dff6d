"""Files of weights that cannot be used: odd tensors, damage, other objects, hostile pickles, no files."""

from __future__ import annotations

import io
import os
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import torch
from cases import EITHER, Case, Place
from torch import Tensor
from weights import CONTROL, refused, saved, state_of, verb

ODD = [
    "sparse",
    "csr",
    "meta",
    "nested",
    "jagged",
    "quantised",
    "complex",
    "bool",
    "int8",
    "float8",
    "expanded",
    "vast",
    "empty",
    "scalar",
    "list",
    "none",
    "number",
    "text",
    "storage",
]


def odd(tensor: Tensor, kind: str) -> Any:
    shape = tuple(tensor.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "sparse": lambda: tensor.to_sparse(),
            "csr": lambda: tensor.flatten(1).to_sparse_csr(),
            "meta": lambda: torch.empty(shape, device="meta"),
            "nested": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
            "jagged": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged),
            "quantised": lambda: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8),
            "complex": lambda: tensor.to(torch.complex64),
            "bool": lambda: tensor > 0,
            "int8": lambda: tensor.to(torch.int8),
            "float8": lambda: tensor.to(torch.float8_e4m3fn),
            "expanded": lambda: torch.zeros(1).expand(shape),
            "vast": lambda: torch.zeros(1).expand(1 << 30, 1 << 20, 3, 3),
            "empty": lambda: torch.empty((0, *shape[1:])),
            "scalar": lambda: torch.tensor(1.0),
            "list": lambda: tensor.tolist(),
            "none": lambda: None,
            "number": lambda: 10**5000,
            "text": lambda: "w" * 200_000,
            "storage": lambda: tensor.untyped_storage(),
        }[kind]()


def odd_tensor(place: Place) -> Case:
    state = state_of()
    key = place.chance.choice([key for key in state if state[key].ndim >= 2])
    state[key] = odd(state[key], place.chance.choice(ODD))
    return refused(place, saved(place, state))


def odd_statistic(place: Place) -> Case:
    """A batch norm's vector that is no vector."""
    state = state_of()
    key = place.chance.choice([key for key in state if "running" in key or key.endswith("bias")])
    kinds = [kind for kind in ODD if kind not in ("csr", "vast", "expanded", "list")]
    state[key] = odd(state[key], place.chance.choice(kinds))
    return refused(place, saved(place, {"model": state}))


def not_finite(place: Place) -> Case:
    state = state_of()
    key = place.chance.choice([key for key in state if state[key].is_floating_point()])
    value = place.chance.choice((float("nan"), float("inf"), -float("inf")))
    state[key] = state[key].clone()
    state[key].view(-1)[place.chance.randrange(state[key].numel())] = value
    return refused(place, saved(place, state))


def negative_variance(place: Place) -> Case:
    """A batch norm whose variance makes every output nan."""
    state = state_of()
    key = place.chance.choice([key for key in state if key.endswith("running_var")])
    state[key] = state[key] - 5
    return Case(["tag", saved(place, state), place.put("x.wav"), "--json"])


class _Runs:
    """A pickle that runs a command when it is read."""

    def __init__(self, call: Callable[..., Any], *words: Any) -> None:
        self._parts = call, words

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._parts


def hostile_pickle(place: Place) -> Case:
    call = place.chance.choice(
        (
            _Runs(os.system, "touch ran"),
            _Runs(eval, "open('ran', 'w')"),
            _Runs(os.mkdir, "ran"),
            _Runs(getattr, _Runs(__import__, "os"), "getcwd"),
            _Runs(print, CONTROL * 500),
        )
    )
    where = place.chance.choice(("alone", "beside", "inside", "bare", "old"))
    if where == "bare":
        place.write("w.pth", pickle.dumps(call))
        return refused(place, "w.pth")
    found: object = {
        "alone": call,
        "beside": {"model": state_of(), "x": call},
        "inside": {**state_of(), "x": call},
    }.get(where, call)
    return refused(place, saved(place, found, _use_new_zipfile_serialization=where != "old"))


def hostile_opcodes(place: Place) -> Case:
    """Pickles that nest, repeat or claim without end."""
    depth = place.chance.choice((1000, 100_000, 1_000_000))
    chosen = place.chance.choice(
        (
            b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b".",
            b"\x80\x02" + b"(" * depth + b"t" * depth + b".",
            b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"abc.",
            b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".",
            b"\x80\x02X" + struct.pack("<I", 0xFFFFFFFF) + b"a.",
            b"\x80\x02}(" + b"X\x01\x00\x00\x00a" + b"h\x63" + b"u.",
            b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N.",
            b"\x80\x02r" + struct.pack("<I", 0x7FFFFFFF) + b".",
            b"." * 10, b"\x80\xff.", b"\x80\x02",
        )
    )  # fmt: skip
    if place.chance.random() < 0.5:
        whole = io.BytesIO()
        torch.save({"a": 1}, whole)
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(place.at / "w.pth", "w") as new:
            for name in old.namelist():
                new.writestr(name, chosen if name.endswith("data.pkl") else old.read(name))
    else:
        place.write("w.pth", chosen)
    return refused(place, "w.pth")


def damaged(place: Place) -> Case:
    """Cut short, or with changed bytes."""
    content = bytearray(
        place.kit.path(place.chance.choice(("m.pth", "named.pth", "named.safetensors"))).read_bytes()
    )
    if place.chance.random() < 0.4:
        del content[place.chance.randrange(len(content)) :]
    else:
        region = place.chance.choice((200, 3000, len(content)))
        for _ in range(place.chance.choice((1, 20, 300))):
            at = place.chance.randrange(min(region, len(content)))
            content[at if place.chance.random() < 0.5 else -1 - at] = place.chance.randrange(256)
    place.write("w.pth", bytes(content))
    words, writes = verb(place, "w.pth")
    return Case(words, EITHER, writes)


def foreign(place: Place) -> Case:
    chosen = place.chance.choice(
        (b"", b"\n", b"{}", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"RIFF" + b"\0" * 99,
        bytes(range(256)) * 9, b"\x89HDF\r\n\x1a\n",
         b"\xff" * 8 + b"{", struct.pack("<Q", 1 << 40) + b"{}", struct.pack("<Q", 2) + b"{}",
         struct.pack("<Q", 100_000) + b"{" + b"[" * 99_999,
         struct.pack("<Q",
         70) + b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4]}}    ' + b"\0" * 4)
    )  # fmt: skip
    return refused(place, place.write("w.pth", chosen))


def other_object(place: Place) -> Case:
    chosen: Any = place.chance.choice(
        (None, 1, "text", [], [torch.ones(3)], torch.ones(3), {}, {"model": None}, {"model": {}},
        {"model": {"model": state_of()}},
         {"state_dict": [1]}, {1: torch.ones(2)}, {None: 1}, {("a", 1): torch.ones(2)},
         {"format": "prunebench"},
         {"format": "prunebench", "schema_version": 1}, {"model": state_of(), 5: 6, "format": "prunebench"},
         {"x" * 100_000: torch.ones(1)},
         {CONTROL: torch.ones(1)}, {f"layer{n}.weight": torch.ones(1) for n in range(3000)})
    )  # fmt: skip
    if place.chance.random() < 0.2:
        chosen = {"model": chosen}
    if isinstance(chosen, dict) and isinstance(chosen.get("model"), dict) and "model" in chosen["model"]:
        words, writes = verb(place, saved(place, chosen))
        return Case(words, EITHER, writes)
    return refused(place, saved(place, chosen))


def other_keys(place: Place) -> Case:
    """A state dict with a tensor too many, too few or under another name."""
    state = state_of()
    key = place.chance.choice([key for key in state if not key.endswith("num_batches_tracked")])
    if place.chance.random() < 0.5:
        del state[key]
    if place.chance.random() < 0.7:
        state[
            place.chance.choice(
                ("extra.weight", CONTROL, "y" * 100_000, "fc9.bias", "conv_block7.conv1.weight")
            )
        ] = torch.ones(3)
    elif key in state:
        state[key] = state[key][: len(state[key]) // 2]
    return refused(place, saved(place, state))


def other_shapes(place: Place) -> Case:
    """Widths that fit no model, or none that can be stored."""
    state = state_of()
    key = place.chance.choice([key for key in state if key.endswith("weight") and state[key].ndim >= 2])
    shape = list(state[key].shape)
    axis = place.chance.randrange(len(shape))
    shape[axis] = place.chance.choice(
        (0, 1, shape[axis] + 1, 3 * shape[axis], 100_000 if len(shape) == 2 else 50)
    )
    state[key] = torch.zeros(shape)
    return refused(place, saved(place, state))


def not_a_file(place: Place) -> Case:
    kind = place.chance.choice(
        ("absent", "folder", "pipe", "dangling", "loop", "device", "long", "unreadable")
    )
    path = place.at / "w.pth"
    user = None
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling":
        path.symlink_to("nowhere")
    elif kind == "loop":
        path.symlink_to("w.pth")
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "unreadable":
        place.put("m.pth", "w.pth")
        path.chmod(0)
        user = 65534
    words, writes = verb(place, "w" * 300 if kind == "long" else "w.pth")
    return Case(words, writes=writes, user=user)


VARIANTS = (
    odd_tensor, odd_statistic, not_finite, negative_variance, hostile_pickle, hostile_opcodes, damaged,
    foreign, other_object, other_keys, other_shapes, not_a_file, odd_tensor, damaged, hostile_opcodes,
)  # fmt: skip

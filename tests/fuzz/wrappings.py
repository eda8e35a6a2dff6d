"""Checkpoints that can be read: in every wrapping, number type and style, with the right answer to each."""

from __future__ import annotations

import json

import numpy as np
import soundfile
import torch
from cases import DONE, Case, Ended, Place
from kit import model, tone
from weights import State, reads, refused, same_weights, saved, state_of

from prunebench.harness.networks.state_dict import FRONT_END


def half(place: Place) -> Case:
    kind = place.chance.choice((torch.float16, torch.bfloat16, torch.float64))
    state = {k: v.to(kind) if v.is_floating_point() else v for k, v in state_of().items()}
    whole = state_of()  # the matrices of the front end are not read from a file that rounds them
    return reads(
        saved(place, state),
        {
            k: whole[k] if k in FRONT_END else v.float() if v.is_floating_point() else v
            for k, v in state.items()
        },
    )


def prefixed(place: Place) -> Case:
    """The prefixes of torch.compile, DataParallel, Lightning and others, one or several."""
    state = state_of()
    count = place.chance.choice((1, 1, 1, 2))
    prefix = "".join(place.chance.sample(("_orig_mod.", "module.", "model.", "base."), count))
    named = {prefix + key: value for key, value in state.items()}
    place.chance.shuffle(order := list(named))
    found: State = {key: named[key] for key in order}
    wrap = place.chance.choice(("", "", "model", "state_dict", "model_state_dict"))
    return reads(saved(place, {wrap: found, "epoch": 3} if wrap else found), state)


def wrapped(place: Place) -> Case:
    state = state_of()
    kinds: dict[str, State] = {
        "lightning": {
            "epoch": 1,
            "global_step": 7,
            "pytorch-lightning_version": "2.4.0",
            "state_dict": {f"model.{key}": value for key, value in state.items()},
            "hyper_parameters": {"rate": 1e-3},
        },
        "training": {"model_state_dict": state, "optimizer_state_dict": {"state": {}}, "loss": 0.1},
        "averaged": {
            "n_averaged": torch.tensor(5),
            **{f"module.{key}": value for key, value in state.items()},
        },
        "averaged-wrapped": {
            "state_dict": {"n_averaged": torch.tensor(5), **{f"module.{k}": v for k, v in state.items()}}
        },
        "parameters": {k: torch.nn.Parameter(v) if v.is_floating_point() else v for k, v in state.items()},
    }
    return reads(saved(place, kinds[place.chance.choice(sorted(kinds))]), state)


def masked(place: Place) -> Case:
    """What torch.nn.utils.prune leaves: weights beside their masks."""
    import torch.nn.utils.prune as masks

    net = model()
    names = [name for name, part in net.named_modules() if isinstance(part, torch.nn.Conv2d)]
    for name in place.chance.sample(names, place.chance.randint(1, len(names))):
        masks.random_unstructured(net.get_submodule(name), "weight", amount=0.5)
    state = dict(net.state_dict())
    expected = {k.removesuffix("_orig"): v for k, v in state.items() if not k.endswith("_mask")}
    for key in [key for key in state if key.endswith("_mask")]:
        expected[key.removesuffix("_mask")] = state[key] * state[key.removesuffix("mask") + "orig"]
    return reads(saved(place, state), expected)


def other_head(place: Place) -> Case:
    """A head with a log-softmax is not run as a sigmoid."""
    state = {key.replace("fc_audioset", "fc_transfer"): value for key, value in state_of().items()}
    if place.chance.random() < 0.5:
        state = {f"base.{k}" if "fc_transfer" not in k else k: v for k, v in state.items()}
        state |= {
            f"base.fc_audioset.{end}": v
            for end, v in (("weight", torch.zeros(5, 16)), ("bias", torch.zeros(5)))
        }
    return refused(place, saved(place, {"model": state}), "fc_transfer")


def decision_level(place: Place) -> Case:
    """A network with Cnn14's names and shapes and another forward pass."""
    kind = place.chance.choice(("Max", "Att", "Avg"))
    return refused(
        place,
        saved(place, {"model": state_of()}, f"Cnn14_DecisionLevel{kind}_mAP=0.385.pth"),
        "DecisionLevel",
    )


def other_rate(place: Place) -> Case:
    """MACs of a 16 kHz model are counted at 16 kHz."""
    saved(place, state_of(widths=[16] * 12, rate=16000))

    def check(ended: Ended) -> str | None:
        found = json.loads(ended.out)
        for name in [name for name in found if name.endswith("with_frontend")]:
            if found[name] > 700_000_000:
                return f"{name} is {found[name]:,}, which is that of 32 kHz"
        return None

    return Case(["measure", "w.pth", "--json"], DONE, check=check)


def counters_of_other_rate(place: Place) -> Case:
    from prunebench import harness

    harness.save_checkpoint(harness.Cnn14([16] * 12, 10, 64, sample_rate=16000).eval(), place.at / "w.pth")

    def check(ended: Ended) -> str | None:
        found = json.loads(ended.out)
        text = json.dumps(found["counters"])
        numbers = [int(word) for word in "".join(c if c.isdigit() else " " for c in text).split()]
        most = 2.2 * found["macs_with_frontend"]  # PANNs counts additions too
        return f"a counter finds {max(numbers):,} MACs" if max(numbers) > most else None

    return Case(["measure", "w.pth", "--counters", "all", "--json"], DONE, check=check)


def size_of_file(place: Place) -> Case:
    """The bytes of the file are told, whatever its number type."""
    state = {k: v.double() if v.is_floating_point() else v for k, v in state_of().items()}
    saved(place, state)

    def check(ended: Ended) -> str | None:
        told, size = json.loads(ended.out)["file_bytes"], (ended.at / "w.pth").stat().st_size
        return f"{told:,} bytes are told of a file of {size:,}" if told != size else None

    return Case(["measure", "w.pth", "--json"], DONE, check=check)


def other_style(place: Place) -> Case:
    """A model read, written in a style and read again keeps its weights."""
    file = place.put(place.chance.choice(("m.pth", "named.pth", "named.safetensors", "k16.pth")))
    style = place.chance.choice(("panns", "prunebench", "state-dict", "safetensors"))

    def check(ended: Ended) -> str | None:
        back = ended.again("export", "mid.bin", "--format", "panns", "-o", "out.pth")
        if back.code != 0:
            return f"cannot be read again: {back.err}"
        return same_weights(state_of(rate=16000 if file == "k16.pth" else 32000))(ended)

    return Case(["export", file, "--format", style, "-o", "mid.bin"], DONE, ("mid.bin",), check=check)


def graph(place: Place) -> Case:
    """An exported graph names its classes, rate and front end."""
    import onnx

    def check(ended: Ended) -> str | None:
        said = str({found.key: found.value for found in onnx.load(ended.at / "g.onnx").metadata_props})
        lacks = [word for word in ("sound 3", "32000") if word not in said]
        return f"the metadata lack {lacks[0]}: {said[:200]}" if lacks else None

    where = place.chance.choice(("inside", "outside"))
    return Case(
        ["export", place.put("named.pth"), "--frontend", where, "-o", "g.onnx"],
        DONE,
        ("g.onnx",),
        check=check,
    )


def graph_of_short_clips(place: Place) -> Case:
    """The graph answers on short clips as the model does, or refuses them."""
    file, rate = place.chance.choice((("named.pth", 32000), ("k16.pth", 16000)))
    place.put(file)
    samples = place.chance.choice((300, 1600, 4000, 8000, 10_000, 20_000))
    noise = np.random.default_rng(place.chance.randrange(99)).uniform(-0.5, 0.5, (1, samples))

    def check(ended: Ended) -> str | None:
        import onnxruntime

        wave = noise.astype(np.float32)
        session = onnxruntime.InferenceSession(ended.at / "g.onnx", providers=["CPUExecutionProvider"])
        try:
            found = session.run(["probabilities"], {"waveform": wave})[0]
        except Exception:  # a stated minimum that is enforced
            return None
        with torch.no_grad():
            right = model(rate=rate)(torch.from_numpy(wave)).probabilities.numpy()
        wrong = float(np.abs(found - right).max())
        return f"graph and model differ by {wrong:.4f} on {samples} samples" if wrong > 1e-3 else None

    return Case(["export", file, "-o", "g.onnx"], DONE, ("g.onnx",), check=check)


def clips_of_other_rate(place: Place) -> Case:
    """Criteria see the features of the model's own front end."""
    from prunebench import harness

    net = model(rate=16000)
    harness.save_checkpoint(net, place.at / "w.pth")
    waves = [tone(10, 16000, hertz, 0.4) for hertz in place.chance.sample(range(200, 7000, 100), 3)]
    (place.at / "clips").mkdir()
    for number, wave in enumerate(waves):
        soundfile.write(place.at / "clips" / f"{number}.wav", wave, 16000, subtype="FLOAT")
    seen: list[torch.Tensor] = []
    net.conv_block6.bn2.register_forward_hook(lambda part, given, found: seen.append(found.relu()))
    with torch.no_grad():
        net(torch.from_numpy(np.stack(waves)))
    active = (seen[0] > 0).double().mean((0, 2, 3)).numpy()

    def check(ended: Ended) -> str | None:
        with np.load(ended.at / "s" / "C12.npz") as found:
            wrong = float(np.abs(found["scores"] - active).max())
        return f"shares of active outputs differ by {wrong:.3f}" if wrong > 0.002 else None

    words = ["score", "w.pth", "--pruner", "apoz", "--layers", "C12", "--clips", "clips", "-o", "s"]
    return Case(words, DONE, ("s",), check=check)


VARIANTS = (
    half, prefixed, wrapped, masked, other_head, decision_level, other_rate, counters_of_other_rate, size_of_file,
    other_style, graph, graph_of_short_clips, clips_of_other_rate, prefixed, prefixed, wrapped,
)  # fmt: skip

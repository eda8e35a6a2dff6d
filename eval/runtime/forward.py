"""The forward pass that latency and memory are measured of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from prunebench.eval.cost.geometry import MELS, SAMPLES, frames

if TYPE_CHECKING:
    from torch import Tensor, nn

LOG_MEL_CLIP = (1, frames(SAMPLES), MELS)  # one 10 s clip of log-mel features

Factory: TypeAlias = "Callable[..., nn.Module]"


def forward_pass(
    factory: Factory,
    kwargs: Mapping[str, object],
    method: str,
    input_shape: Sequence[int],
    device: str = "cpu",
) -> Callable[[], Tensor]:
    """A call that runs a new model once, in eval mode and without gradients.

    The input has fixed random values in the model's own type, so a factory that returns a half-precision or
    channels-last model is measured as such.

    Args:
        factory: makes the model.
        kwargs: what it is made of.
        method: the model's method that is run, `"from_log_mel"` or `"forward"`.
        input_shape: of its one argument.
        device: where model and input are.
    """
    import torch  # here, so that measures can be listed without it

    model = factory(**kwargs).eval().to(device)
    run = getattr(model, method)
    dtype = next(p.dtype for p in model.parameters() if p.is_floating_point())
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(*input_shape, generator=generator).to(device, dtype)

    def forward() -> Tensor:
        with torch.inference_mode():
            outputs: Tensor = run(features)
        return outputs

    return forward

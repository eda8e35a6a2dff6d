import torch

from prunebench.eval.runtime.forward import LOG_MEL_CLIP, forward_pass
from prunebench.harness import Cnn14


def test_the_clip_is_ten_seconds_of_one_recording():
    assert LOG_MEL_CLIP == (1, 1001, 64)


def test_a_pass_is_in_eval_mode_and_repeats():
    run = forward_pass(
        Cnn14, {"widths": [4] * 12, "n_classes": 3, "embedding": 8}, "from_log_mel", LOG_MEL_CLIP
    )
    first, second = run(), run()
    first, second = (found[0] if isinstance(found, tuple) else found for found in (first, second))
    assert torch.equal(first, second)
    assert not first.requires_grad


def test_every_pass_gets_the_same_input():
    given = {"widths": [4] * 12, "n_classes": 3, "embedding": 8, "seed": 1}
    one, other = (forward_pass(Cnn14, given, "from_log_mel", (1, 64, 64))() for _ in range(2))
    assert torch.equal(one.probabilities, other.probabilities)

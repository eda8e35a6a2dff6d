"""What every other timing is divided by: a fixed piece of work, so that ratios outlive the machine's mood."""

import torch


def test_reference(benchmark):
    """A product of two matrices and a convolution, single-threaded float32."""
    draw = torch.Generator().manual_seed(0)
    left, right = torch.randn(512, 512, generator=draw), torch.randn(512, 512, generator=draw)
    image, kernel = torch.randn(1, 64, 64, 64, generator=draw), torch.randn(64, 64, 3, 3, generator=draw)

    def work():
        return left @ right, torch.nn.functional.conv2d(image, kernel)

    benchmark.pedantic(work, rounds=30, warmup_rounds=3)

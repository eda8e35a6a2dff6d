"""What a record says that a model has misses its request by."""

from dataclasses import replace

from prunebench.harness.cells.records import _off_request
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layer_times import Axis, LayerTimes, ModelTimes, WholeTimes
from prunebench.harness.networks.layers import Scope
from prunebench.harness.plan.cell import Base, Cell


def test_a_latency_that_multiples_miss_is_the_corrected_one():
    widths = (2, 2, 2, 2, 4, 4, 6, 6, 8, 8, 8, 8)
    layer = LayerTimes((Axis(8, ((8, 1),)),), (0.0, 1.0), (0.0, 8.0))
    times = ModelTimes(
        "eager", 10.0, (layer,), wholes=((("C7-C12", 0.7), WholeTimes((0.0, 8.0), (10.0, 6.0))),)
    )
    model = replace(Architecture(widths, 8, 24), divisors=(2,) * 12, times=times)
    budget = {"budget": "latency_eager", "target": 0.7, "ratio": 0.0}
    cell = Cell("id", Base("base", 0, 0), scope=Scope.parse("C7-C12"), criterion="l1", **budget)
    # C9 keeps 4 of 8 filters: its layer saves 4 of 8 ms, which whole models correct to 2 of 10.
    found = _off_request(cell, model, (*widths[:8], 4, *widths[9:]))
    assert found == {"latency_eager": (0.7, 0.8)}

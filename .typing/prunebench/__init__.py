"""prunebench: the pruning-algorithm benchmark suite for audio tagging.

Rooms, from the ground up: `prunebench.pruners` (criteria), `prunebench.eval` (measures and the record),
`prunebench.baselines` (what a result is held against), `prunebench.harness` (the Cnn14 experiment),
`prunebench.reports` (what people look at).
"""

__version__ = "0.1.0"

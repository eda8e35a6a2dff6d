"""The words of a record: stages, controls, and the values that fields have where a line does not hold them."""

from __future__ import annotations

from collections.abc import Mapping

# With two lengths, the stages of the short and of the long one.
FINE_TUNED, CONVERGED = "fine-tuned", "converged"
STAGES = ("base", "pruned", "recalibrated", FINE_TUNED, CONVERGED)
QUANTISED = "quantised"  # the model of the last stage in 8-bit integers: an additional stage, never the last
SCORED_BESIDE = (FINE_TUNED, QUANTISED)  # stages whose test scores are kept beside those of the last one
# Controls that are new models, and take as long as training a base model.
FROM_SCRATCH = ("scratch", "scratch-macs")
CONTROLS = ("unpruned", "unpruned-fine-tuned", "reversed", *FROM_SCRATCH)
# Fields that older records lack, in JSON only where they are known.
OPTIONAL = ("base_weights", "family", "limits", "map_sizes", "ties")
CNN14 = "cnn14"
CNN14_GROUPS = tuple(f"C{number}" for number in range(1, 13))
# Fields that came later: absent from JSON where they say what every earlier record meant.
USUAL: Mapping[str, object] = {
    "network": CNN14,
    "groups": CNN14_GROUPS,
    "n_classes": 0,
    "front_end": "convolution",
    "reduction": "first",
    "divisor": 1,
    "device": "cpu",
    "short_learning_rate": None,
    "sparsify": "none",
    "sparsify_steps": 0,
    "sparsify_macs": 0,
}
# Keys of `[prune]` that budgets are given by: shares of a cost to keep and limits, and shares of filters to remove.
TARGETS = (
    "target_macs",
    "target_parameters",
    "target_file_bytes",
    "target_memory",
    "target_latency",
    "limits",
)
BUDGETS = ("ratios", *TARGETS)
PLAIN = "plain"  # of `sparsify`: as many steps as the others, without a penalty
OWN = "own"  # the allocation and the budget of a criterion that chooses how much goes

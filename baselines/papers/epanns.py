"""The claims of E-PANNs.

Singh, Liu & Plumbley, *E-PANNs: Sound Recognition Using Efficient Pre-trained Audio Neural Networks*, Inter-Noise
2023, 268(1), 7220–7228, arXiv:2305.18665, with its poster and the repository of its code.
"""

from __future__ import annotations

from prunebench.baselines.papers.claim import Claim

PAPER = "arXiv:2305.18665"
CURVES = "E-PANNs repository, config/PANNs_pruning_ratio_covergence.png"
SIZES = "E-PANNs repository, config/PANNs_comparison_existing.png and internoise_figures-Page-1.jpg"
README = "E-PANNs repository, README"

PARAMETERS = Claim("parameters, unpruned", "81 M", PAPER, "convention not stated")
PARAMETERS_HALF = Claim("parameters at 50 %", "24 M", PAPER, "convention not stated")
SIZE_HALF = Claim("model size at 50 %", "about 92.53 MB", README, "convention not stated")
MACS = Claim("computation, unpruned", "21 G MACs", PAPER, "10 s at 32 kHz")
MACS_HALF = Claim("computation at 50 %", "13 G MACs", PAPER, "10 s at 32 kHz")
COMPUTATION = Claim("less computation at 50 %", "36 % less", f"{PAPER}, abstract", "MACs")
COMPUTATION_POSTER = Claim("less computation, poster", "30 %", "poster", "convention not stated")
MEMORY = Claim(
    "less memory at 50 %", "70 % less", f"{PAPER}, abstract", "called memory, counted in parameters"
)
PLOTTED_QUARTER = Claim("size at 25 %", "57.1 % of 81 M", SIZES, "read off the figure")
PLOTTED_THREE_QUARTERS = Claim("size at 75 %", "22.0 % of 81 M", SIZES, "read off the figure")
LAYERS = Claim("layers pruned", "C7–C13", README, "convolutions in order")
ACTIVATION = Claim("last activation", "not mentioned", "released class Cnn14_pruned", "scores of the classes")
CRITERION = Claim("criterion", "operator norm", "arXiv:2304.02319 and its released code", "score of a filter")
UNPRUNED_MAP = Claim("mAP, unpruned", "0.431", "arXiv:1912.10211", "AudioSet evaluation set")
BEST = "best point of the evaluation curve"
MAPS = {
    0.25: Claim("mAP at 25 %", "0.442", CURVES, f"AudioSet evaluation set, {BEST}"),
    0.5: Claim("mAP at 50 %", "0.440", CURVES, f"AudioSet evaluation set, {BEST}"),
    0.75: Claim("mAP at 75 %", "0.420", CURVES, f"AudioSet evaluation set, {BEST}"),
}
BETTER = Claim(
    "pruned and better", "0.440 at 50 % against 0.431", PAPER, "the pruned model fine-tuned, the other not"
)
RATIOS = tuple(MAPS)
PAPERS_CRITERION = "operator_norm_released"  # what the released code computes stands for what the paper ran

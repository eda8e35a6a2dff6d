"""Why a latency in milliseconds and its ratio can disagree, in one sentence."""

RATIO_SAID = (
    "A ratio of latencies is the median of ratios within rounds, in which the models run in turn, so on a busy machine "
    "it can differ from the ratio of the milliseconds, which are medians over all rounds."
)

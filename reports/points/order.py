"""The order in which every figure and table lists criteria."""

ORDER = (
    "random",
    "l1",
    "l2",
    "geometric_median",
    "operator_norm",
    "operator_norm_released",
    "operator_similarity",
    "bn_scale",
    "lamp",
    "rank1_cosine",
    "nystrom_similarity",
    "graph_centrality",
    "taylor",
    "obd",
    "hrank",
    "energy",
    "chip",
    "thinet",
    "apoz",
    "entropy",
    "whc",
    "group_norm",
    "group_fisher",
    "jacobian",
    "variance",
    "variance[fold=true]",
    "synflow",
    "geometric_mean_released",
    "fpgm_torch_pruning",
    "rank1_cosine_released",
)


def order(criterion: str) -> tuple[int, str]:
    """Sorts criteria as listed here, unknown ones after them by name, `l1 after slimming` behind `l1`."""
    known = criterion.partition(" after ")[0]
    return (ORDER.index(known) if known in ORDER else len(ORDER), criterion)

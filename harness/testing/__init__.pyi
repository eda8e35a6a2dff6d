from .dataset_kit import DATASET_CHECKS, check_dataset, run_dataset_check
from .network_kit import CHECKS, check_network, run_network_check

__all__ = [
    "CHECKS",
    "DATASET_CHECKS",
    "check_dataset",
    "check_network",
    "run_dataset_check",
    "run_network_check",
]

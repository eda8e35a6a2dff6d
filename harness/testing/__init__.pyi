from .network_kit import CHECKS, check_network, run_network_check

__all__ = ["CHECKS", "check_network", "run_network_check"]

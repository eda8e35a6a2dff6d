"""How much a run must hold before a difference between criteria is claimed."""

BASES_FOR_A_CLAIM = 6  # with fewer, no paired sign or rank test over base models can reach 5 %
BUDGETS_FOR_A_CLAIM = 5  # operating points at which a criterion must be told from all others
DRAWS_FOR_A_CLAIM = 3  # seeds of the control `random`: fewer show no spread

"""The verbs of the gate: check, baseline save."""

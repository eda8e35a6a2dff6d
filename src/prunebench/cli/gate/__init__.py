"""The commands of the gate: check, baseline save."""

"""The verbs that inform: list, doctor, reproduce."""

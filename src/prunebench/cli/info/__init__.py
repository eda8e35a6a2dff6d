"""The commands that inform: list, doctor, reproduce."""

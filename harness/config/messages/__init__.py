"""What is said of a wrong configuration: the place, the key, what must hold, what was found."""

"""Base models that others have too: the form of their files, and the sets that are installed."""

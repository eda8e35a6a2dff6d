"""A model in another file: a graph for other runtimes, or its weights in another style."""

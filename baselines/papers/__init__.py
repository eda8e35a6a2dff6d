"""Published points and claims, each with its source and its convention."""

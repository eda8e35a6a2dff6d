"""Text that others wrote, made harmless where it is shown, and read where it may be anything."""

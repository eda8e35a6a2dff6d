"""What a shell offers behind Tab; nothing here loads torch."""

"""What a report says before it is drawn: the report value, its sentences, its controls, what is missing."""

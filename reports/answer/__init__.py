"""What a report answers, in at most three plain sentences, and what it may claim."""

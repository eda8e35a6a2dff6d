"""Whether an archive of someone else can be trusted: its files agree, and cells computed again repeat."""

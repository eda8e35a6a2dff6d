"""What a network is to the harness: its groups of filters, how they are cut out, how its weights are read."""

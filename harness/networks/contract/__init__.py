"""What a network is to the harness: the contract of a plug-in class, and a model together with its network."""

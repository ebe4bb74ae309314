"""The network, its input layout, checkpoints, packed weights and the shipped default."""

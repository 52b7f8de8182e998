"""Learning: the network, losses, optimisers, the training loop, data sets, checkpoints."""

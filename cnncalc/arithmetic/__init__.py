"""What a stack of layers does to a tensor: shapes, parameters, cost, receptive field; the named architectures."""

"""Learning: networks, data, the training loop, and what is kept of it.

`network.Network` is a model with parameters; `data.DATASETS` holds the data sets by name; `training.train` yields
the events of a training and `training.evaluate` scores a network; `checkpoint` saves and loads runs.
"""

"""The score of a network without a training around it."""

import numpy as np

from cnncalc.learning.data import Split
from cnncalc.learning.evaluation import score
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import CrossEntropy, Loss, Score
from cnncalc.learning.network import Network
from cnncalc.learning.settings import Settings
from cnncalc.learning.share import Shares
from cnncalc.learning.team import Team


def scored(network: Network, data: Split, inputs: Inputs, team: Team, loss: Loss | None = None) -> Score:
    """As a training finds it."""
    settings = Settings(loss=(loss or CrossEntropy()).name, optimiser="sgd")  # which keeps nothing
    return score(Shares(team, network, inputs, settings, np.random.default_rng(0)), data)

"""Trainings of bars that are written down, begun and taken up again."""

from pathlib import Path

from cnncalc.layers import parse
from cnncalc.learning.data import DataSet, Rule
from cnncalc.learning.keeping import Keeper, begun, resumed, stored
from cnncalc.learning.network import Network
from cnncalc.learning.settings import Settings
from cnncalc.learning.team import Team
from tests.learning.sets import bars

TEXT = "input 8x8x1; conv 6x3x3; batchnorm; relu; maxpool 2x2; dropout 0.1; fc 4; softmax"
EVERYTHING = Settings(
    epochs=3, batch=40, l2=1e-3, clip=1.0, warmup=1.0, average=0.9, augment="shift:1,elastic:2"
)


def keeper(
    folder: Path, team: Team, settings: Settings = EVERYTHING, text: str = TEXT, data: DataSet | None = None
) -> Keeper:
    training, trained = begun(Network(parse(text)), data or bars(), Rule(), settings, team, seed=5)
    return Keeper(training, folder, trained, every=0)


def taken_up(folder: Path, team: Team, data: DataSet | None = None) -> Keeper:
    training, trained, _ = resumed(stored(folder), data or bars(), team)
    return Keeper(training, folder, trained, every=0)

"""One worker's part of an optimiser's step: an equal share of the parameters, a piece at a time."""

from __future__ import annotations

import math

import numpy as np

from cnncalc.learning.optimisers import Moments
from cnncalc.learning.parameters import Parameters
from cnncalc.learning.processes import Reduce
from cnncalc.learning.settings import Settings
from cnncalc.numerics.workspace import Array

PIECE = 16_384  # parameters whose step, with all that it reads, stays in a core's cache


class Piece:
    """A run of parameters, their gradients by worker, and what the optimiser keeps of them."""

    def __init__(
        self, part: slice, parameters: Parameters, arrays: dict[str, Array], settings: Settings
    ) -> None:
        self.parameters = parameters.vector[part]
        self.gradients = [row[part] for row in arrays["gradients"]]
        self.gradient = self.gradients[0]  # of the whole batch, after gather()
        names = settings.chosen_optimiser.keeps
        spare = np.empty_like(self.parameters)
        self.kept = Moments({name: arrays[f"optimiser.{name}"][part] for name in names}, spare)
        self.weights = [
            slice(max(each.start, part.start) - part.start, min(each.stop, part.stop) - part.start)
            for each in parameters.weights
            if each.start < part.stop and part.start < each.stop
        ]

    def gather(self, workers: int, l2: float) -> None:
        """The gradient of the whole batch, and of the penalty on the weights."""
        for other in self.gradients[1:workers]:
            np.add(self.gradient, other, out=self.gradient)
        if l2:
            for part in self.weights:
                spare = np.multiply(self.parameters[part], l2, out=self.kept.spare[part])
                self.gradient[part] += spare

    def shrink(self, factor: float) -> None:
        for part in self.weights:
            self.parameters[part] *= factor


class Descent:
    """All pieces of one worker, in arrays that all workers see."""

    def __init__(
        self, own: slice, parameters: Parameters, arrays: dict[str, Array], settings: Settings, reduce: Reduce
    ) -> None:
        self.settings = settings
        self.optimiser = settings.chosen_optimiser
        self.reduce = reduce
        cuts = [slice(first, min(first + PIECE, own.stop)) for first in range(own.start, own.stop, PIECE)]
        self.pieces = [Piece(cut, parameters, arrays, settings) for cut in cuts]

    def step(self, workers: int, rate: float, steps: int) -> None:
        """The penalty, the clip, the decay and the step, in this order: what is clipped is the whole gradient.

        So many workers have left gradients; it is step number `steps` from zero.
        """
        settings = self.settings
        if settings.clip:
            factor = self.clip(workers)
        for piece in self.pieces:
            if settings.clip:
                np.multiply(piece.gradient, factor, out=piece.gradient)
            else:
                piece.gather(workers, settings.l2)
            if settings.shrink:
                piece.shrink(1 - rate * settings.shrink)
            piece.kept.steps = steps
            self.optimiser.step(piece.parameters, piece.gradient, rate, piece.kept)

    def clip(self, workers: int) -> float:
        """What shortens a gradient that is too long, in the norm over all parameters (Pascanu et al. 2013)."""
        for piece in self.pieces:
            piece.gather(workers, self.settings.l2)
        square = sum(float(np.dot(piece.gradient, piece.gradient)) for piece in self.pieces)
        length = math.sqrt(float(self.reduce(np.array([square]))[0]))
        return self.settings.clip / length if length > self.settings.clip else 1.0

"""What a layer is: a frozen record of its hyper-parameters that knows what it does to a shape and to data."""

from __future__ import annotations

from collections.abc import Callable, Generator
from math import prod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from cnncalc.errors import Place, ShapeError
from cnncalc.layers.field import Field
from cnncalc.layers.record import Inner, Option, Record, inner, option

if TYPE_CHECKING:
    from numpy.random import Generator as Random

    from cnncalc.layers.window import Sliding
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array

__all__ = ["Field", "Inner", "Option", "inner", "option"]  # for the families

Pullback = Callable[["Array"], tuple["Array | None", dict[str, "Array"]]]  # dy → dx, gradients by name
Shape = tuple[int, ...]  # (H, W, C), (L, C), (D, H, W, C) or (N,): channels last, never a batch axis
Steps = Generator["Step", None, "Flow"]


class Cost(NamedTuple):
    """Work for one example."""

    macs: int = 0  # multiply-adds of convolutions and fully connected layers, without bias
    connections: int = 0  # uses of weights and biases, as LeCun et al. 1998 count them
    scaled: int = 0  # numbers that a normalisation multiplies and shifts by constants


class Formula(NamedTuple):
    """One figure of a layer written out, such as output: (32 − 5 + 2·2)/1 + 1 = 32."""

    figure: str
    text: str


class Flow(NamedTuple):
    """What reaches a layer: a shape, what its units see, and how much else is in memory meanwhile."""

    shape: Shape
    field: tuple[Field, ...]
    held: int = 0  # numbers that other branches wait for
    kept: bool = False  # whether another branch still needs what reaches the layer
    idle: bool = False  # whether the layer takes part in training only

    def on(self, shape: Shape, field: tuple[Field, ...], *, view: bool = False) -> Flow:
        """What reaches the next layer; behind a view it is the same memory."""
        if view:
            return Flow(shape, field, self.held, self.kept, self.idle)
        return Flow(shape, field, self.held + (prod(self.shape) if self.kept else 0), False, self.idle)


class Step(NamedTuple):
    """A layer at its place in a model: what comes in, what goes out, what its units see.

    Every leaf is a step; so is every block, behind the steps inside it, as the place where its branches meet.
    """

    path: str
    layer: Layer
    input: Shape
    output: Shape
    before: tuple[Field, ...]  # what a unit of its input sees, per axis
    field: tuple[Field, ...]
    live: int  # numbers in memory while it runs, for one example
    idle: bool = False


class Layer(Record):
    """A layer without parameters that keeps the shape and the receptive field; the families override."""

    aliases: ClassVar[tuple[str, ...]] = ()
    help: ClassVar[str] = ""
    flat: ClassVar[bool] = False  # takes a vector: a volume is flattened on the way in
    block: ClassVar[bool] = False  # made of other layers
    view: ClassVar[bool] = False  # its output is its input by another name: takes no memory
    fixed: ClassVar[bool] = False  # its parameters are not trained
    monotone: ClassVar[bool] = False  # elementwise and never decreasing: may change places with max pooling
    reads_output: ClassVar[bool] = True  # its pullback reads its output, which must then be left as it is
    spares_gradient: ClassVar[bool] = False  # its pullback leaves dy as it is, and dx is not dy
    known: ClassVar[dict[str, type[Layer]]] = {}  # word and alias to class

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.word:
            for word in (cls.word, *cls.aliases):
                Layer.known[word] = cls

    # ── arithmetic ──

    def out_shape(self, x: Shape) -> Shape:
        """The shape that comes out; raises ShapeError(fact, remedy) where x cannot go in."""
        return x

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        """The parameters, by PyTorch's names and in its layout."""
        return {}

    def parameters(self, x: Shape) -> int:
        """How many numbers the parameters are."""
        return count(self.param_shapes(x))

    def buffer_shapes(self, x: Shape) -> dict[str, Shape]:
        """What is kept but not trained, such as running statistics."""
        return {}

    def cost(self, x: Shape) -> Cost:
        """Multiply-adds and connections for one example."""
        return Cost()

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        """What a unit of this layer sees, per spatial axis, given what a unit of its input sees."""
        return field

    def uses(self, unit: int, axis: int, x: Shape) -> range:
        """The elements along an axis of x that the units at a place along it use, those in the padding too."""
        over = self.slides(x)
        return over[axis].uses(unit, x[axis]) if over else range(unit, unit + 1)

    def formulas(self, x: Shape) -> list[Formula]:
        """The figures written out with the numbers put in."""
        return []

    def notes(self, x: Shape) -> list[str]:
        """What is legal but worth knowing, such as input that no window reaches."""
        return []

    def steps(self, flow: Flow, path: str) -> Steps:
        """The steps of this layer, here itself; returns what goes on. A ShapeError is told its place."""
        x = flow.shape
        try:
            y = self.out_shape(x)
        except ShapeError as error:
            raise placed(error, self.place, path, f"sees {show(x)}") from None
        field = self.field(flow.field, x)
        yield Step(
            path,
            self,
            x,
            y,
            flow.field,
            field,
            flow.held + prod(x) + (0 if self.view else prod(y)),
            flow.idle,
        )
        return flow.on(y, field, view=self.view)

    def slides(self, x: Shape) -> Sliding:
        """The windows that it moves over x, one an axis."""
        return ()

    # ── learning ──

    def initial(self, x: Shape, rng: Random) -> dict[str, Array]:
        """Parameters to start from: weights uniform with variance 1/fan-in, biases zero.

        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, section 4.6.
        """
        values = {}
        for name, shape in self.param_shapes(x).items():
            fan_in = prod(shape[1:])
            bound = (3 / fan_in) ** 0.5 if len(shape) > 1 else 0.0
            values[name] = rng.uniform(-bound, bound, shape)
        return values

    def initial_buffers(self, x: Shape) -> dict[str, Array]:
        """Buffers to start from."""
        return {}

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        """The output for a batch, and pullback(dy) → (dx, gradients by parameter name)."""
        raise NotImplementedError


def placed(error: ShapeError, place: Place | None, path: str, sees: str) -> ShapeError:
    """The error with the place of the layer at fault."""
    error.place = place
    error.layer = path
    error.label = f"layer {number(path)} {sees}"
    return error


def number(path: str) -> str:
    """A path as people read it: layers are counted from one in tables and messages."""
    return ".".join(str(int(part) + 1) if part.isdecimal() else part for part in path.split("."))


def count(shapes: dict[str, Shape]) -> int:
    """How many numbers arrays of these shapes hold together."""
    return sum(prod(shape) for shape in shapes.values())


def weight_and_bias(back: Callable[[Array], tuple[Array | None, Array, Array | None]]) -> Pullback:
    """A pullback to (dx, dweight, dbias) as one to dx and gradients by name; without a bias dbias is None."""

    def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
        dx, dweight, dbias = back(dy)
        return dx, {"weight": dweight} if dbias is None else {"weight": dweight, "bias": dbias}

    return pullback


def split(values: dict[str, Array]) -> dict[str, dict[str, Array]]:
    """What belongs to each layer of a block: the first part of the path to the rest of it."""
    parts: dict[str, dict[str, Array]] = {}
    for path, value in values.items():
        name, _, rest = path.partition(".")
        parts.setdefault(name, {})[rest] = value
    return parts


def described(x: Array) -> Shape:
    """The shape of one example of a batch, (C, *spatial, N), as the arithmetic has it: (*spatial, C)."""
    return (*x.shape[1:-1], x.shape[0])


def show(shape: Shape) -> str:
    """32×32×3."""
    return "×".join(map(str, shape))

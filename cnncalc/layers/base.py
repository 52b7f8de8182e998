"""What a layer is: a frozen record of its hyper-parameters that knows what it does to a shape and to data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from cnncalc.errors import LanguageError, Place, ShapeError
from cnncalc.layers.values import Kind

if TYPE_CHECKING:
    from numpy.random import Generator

    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array

Pullback = Callable[["Array"], tuple["Array | None", dict[str, "Array"]]]  # dy → dx, gradients by name
Shape = tuple[int, ...]  # (H, W, C), (L, C), (D, H, W, C) or (N,): channels last, never a batch axis


class Field(NamedTuple):
    """Receptive field along one axis, in input pixels: extent, step from unit to unit, first pixel of unit 0."""

    size: int
    jump: int
    start: int

    def united(self, units: int) -> Field:
        """What all of so many neighbouring units see together."""
        return Field(self.size + (units - 1) * self.jump, 0, self.start)


class Cost(NamedTuple):
    """Work for one example: multiply-adds of convolutions and fully connected layers; additions of biases."""

    macs: int = 0
    biases: int = 0

    @property
    def connections(self) -> int:
        """Uses of weights and biases, as LeCun et al. 1998 count them."""
        return self.macs + self.biases


class Formula(NamedTuple):
    """One figure of a layer written out, such as output: (32 − 5 + 2·2)/1 + 1 = 32."""

    figure: str
    text: str


class Step(NamedTuple):
    """A leaf layer at its place in a model: what comes in and what goes out."""

    path: str
    layer: Layer
    input: Shape
    output: Shape


class Option(NamedTuple):
    """A hyper-parameter, declared once for the parser, the formatter, --help and validation."""

    name: str
    word: str
    kind: Kind
    help: str
    minimum: float | None
    below: float | None
    default: Any
    head: bool  # written right behind the layer's word, without a word of its own
    always: bool  # written even where it has its default

    @property
    def required(self) -> bool:
        return self.default is MISSING

    def default_in(self, layer: Layer) -> Any:
        value = self.default(layer) if callable(self.default) else self.default
        return self.spread(value, layer)

    def spread(self, value: Any, layer: Layer) -> Any:
        return self.kind.spread(value, layer.axes) if self.kind.spread else value

    def check(self, value: Any, layer: Layer) -> None:
        """Raises LanguageError where the value is out of bounds or has the wrong number of axes."""
        if self.kind.spread and not isinstance(value, str) and len(value) != layer.axes:
            raise LanguageError(
                f"{self.word} {self.kind.write(value)} has {len(value)} axes, "
                f"the window of {layer.word} has {layer.axes}",
                f"give {self.word} one number, or {layer.axes}",
                option=self.word,
            )
        for number in numbers(value):
            if self.minimum is not None and number < self.minimum:
                raise LanguageError(
                    f"{self.word} {number} is too small",
                    f"{self.word} is at least {self.minimum}",
                    option=self.word,
                )
            if self.below is not None and number >= self.below:
                raise LanguageError(
                    f"{self.word} {number} is too large",
                    f"{self.word} is below {self.below}",
                    option=self.word,
                )


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, tuple):
        for part in value:
            yield from numbers(part)
    elif not isinstance(value, str):
        yield value


def option(
    kind: Kind,
    help: str,  # noqa: A002 - what it becomes in --help
    *,
    word: str = "",
    default: Any = MISSING,
    minimum: float | None = None,
    below: float | None = None,
    head: bool = False,
    always: bool = False,
) -> Any:
    """A field of a layer; a default may be a function of the layer."""
    metadata = {"option": (word, kind, help, minimum, below, default, head, always)}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=None if callable(default) else default, metadata=metadata)


@dataclass(frozen=True)
class Layer:
    """A layer without parameters that keeps the shape and the receptive field; the families override."""

    word: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    help: ClassVar[str] = ""
    flat: ClassVar[bool] = False  # takes a vector: a volume is flattened on the way in
    monotone: ClassVar[bool] = False  # elementwise and never decreasing: may change places with max pooling
    reads_output: ClassVar[bool] = True  # its pullback reads its output, which must then be left as it is
    known: ClassVar[dict[str, type[Layer]]] = {}  # word and alias to class
    declared: ClassVar[tuple[Option, ...] | None] = None

    place: Place | None = field(default=None, compare=False, repr=False, kw_only=True)

    def __init_subclass__(cls) -> None:
        cls.declared = None
        if cls.word:
            for word in (cls.word, *cls.aliases):
                Layer.known[word] = cls

    def __post_init__(self) -> None:
        for declared in self.options():
            value = getattr(self, declared.name)
            value = declared.default_in(self) if value is None else declared.spread(value, self)
            declared.check(value, self)
            object.__setattr__(self, declared.name, value)

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """The hyper-parameters in order of declaration."""
        if cls.declared is None:
            cls.declared = tuple(
                Option(f.name, word or f.name, *rest)
                for f in fields(cls)
                if "option" in f.metadata
                for word, *rest in [f.metadata["option"]]
            )
        return cls.declared

    @classmethod
    def heads(cls) -> list[Option]:
        """Those written right behind the layer's word, as one size."""
        return [option for option in cls.options() if option.head]

    @classmethod
    def modifiers(cls) -> list[Option]:
        """Those written behind a word of their own."""
        return [option for option in cls.options() if not option.head]

    @property
    def axes(self) -> int:
        """How many spatial axes the layer's window has."""
        return len(getattr(self, "kernel", ()))

    # ── arithmetic ──

    def out_shape(self, x: Shape) -> Shape:
        """The shape that comes out; raises ShapeError(fact, remedy) where x cannot go in."""
        return x

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        """The trained parameters, by PyTorch's names and in its layout."""
        return {}

    def parameters(self, x: Shape) -> int:
        """How many numbers are trained."""
        return count(self.param_shapes(x))

    def buffer_shapes(self, x: Shape) -> dict[str, Shape]:
        """What is kept but not trained, such as running statistics."""
        return {}

    def cost(self, x: Shape) -> Cost:
        """Multiply-adds and bias additions for one example."""
        return Cost()

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        """What a unit of this layer sees, per spatial axis, given what a unit of its input sees."""
        return field

    def formulas(self, x: Shape) -> list[Formula]:
        """The figures written out with the numbers put in."""
        return []

    def notes(self, x: Shape) -> list[str]:
        """What is legal but worth knowing, such as input that no window reaches."""
        return []

    def steps(self, x: Shape, path: str) -> Iterator[Step]:
        """The leaves of this layer, here itself; a ShapeError is told its place."""
        try:
            output = self.out_shape(x)
        except ShapeError as error:
            error.place = self.place
            error.layer = path
            number = int(path) + 1 if path.isdecimal() else path
            error.label = f"layer {number} sees {show(x)}"
            raise
        yield Step(path, self, x, output)

    # ── learning ──

    def initial(self, x: Shape, rng: Generator) -> dict[str, Array]:
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


def count(shapes: dict[str, Shape]) -> int:
    """How many numbers arrays of these shapes hold together."""
    return sum(prod(shape) for shape in shapes.values())


def weight_and_bias(back: Callable[[Array], tuple[Array | None, Array, Array | None]]) -> Pullback:
    """A pullback to (dx, dweight, dbias) as one to dx and gradients by name; without a bias dbias is None."""

    def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
        dx, dweight, dbias = back(dy)
        return dx, {"weight": dweight} if dbias is None else {"weight": dweight, "bias": dbias}

    return pullback


def show(shape: Shape) -> str:
    """32×32×3."""
    return "×".join(map(str, shape))

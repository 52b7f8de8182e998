"""Random models for the properties that every model has."""

from hypothesis import strategies as st

from cnncalc.errors import CnncalcError
from cnncalc.layers import Layer, Model, Serial
from cnncalc.layers.activation import Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.dense import Dense, Flatten
from cnncalc.layers.normalisation import BatchNorm, Dropout
from cnncalc.layers.pooling import AveragePooling, MaxPooling


def sizes(axes: int, largest: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, largest), min_size=axes, max_size=axes).map(tuple)


def pads(axes: int, largest: int) -> st.SearchStrategy[object]:
    side = st.integers(0, largest)
    return st.lists(st.tuples(side, side), min_size=axes, max_size=axes).map(tuple)


@st.composite
def convolutions(draw: st.DrawFn, axes: int) -> Convolution:
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    return Convolution(
        groups * draw(st.integers(1, 3)),
        draw(sizes(axes, 4)),
        stride=draw(sizes(axes, 3)),
        padding=draw(st.one_of(st.sampled_from(["same", "valid", "full", "causal"]), pads(axes, 2))),
        dilation=draw(sizes(axes, 2)),
        groups=groups,
        bias=draw(st.booleans()),
    )


@st.composite
def poolings(draw: st.DrawFn, axes: int) -> Layer:
    kind = draw(st.sampled_from([MaxPooling, AveragePooling]))
    kernel = draw(sizes(axes, 3))
    options = {"ceil": draw(st.booleans()), "padding": draw(st.one_of(st.just("same"), pads(axes, 1)))}
    if draw(st.booleans()):
        options["stride"] = draw(sizes(axes, 3))
    if kind is MaxPooling:
        options["dilation"] = draw(sizes(axes, 2))
    else:
        options["countpad"] = draw(st.booleans())
    return kind(kernel, **options)


def others() -> st.SearchStrategy[Layer]:
    return st.one_of(
        st.sampled_from([Identity(), ReLU(), Sigmoid(), Tanh(), Softplus(), Softmax(), Flatten()]),
        st.floats(0, 0.9).map(LeakyReLU),
        st.floats(0, 0.9).map(Dropout),
        st.booleans().map(BatchNorm),
        st.builds(Dense, st.integers(1, 5), st.booleans()),
    )


@st.composite
def models(draw: st.DrawFn, *, fitting: bool = True) -> Model:
    """A stack in one to three dimensions; with fitting, layers that do not fit are left out."""
    axes = draw(st.integers(1, 3))
    shape = (*draw(sizes(axes, 9)), draw(st.integers(1, 6)))
    layers: tuple[Layer, ...] = ()
    for _ in range(draw(st.integers(0, 5))):
        layer = draw(st.one_of(convolutions(axes), poolings(axes), others()))
        if fitting:
            try:
                list(Model(shape, Serial((*layers, layer))).steps())
            except CnncalcError:
                continue
        layers = (*layers, layer)
    return Model(shape, Serial(layers))

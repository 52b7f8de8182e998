"""What layers do, told a second time and differently: windows that are slid, products that are counted one by one."""

from itertools import product
from math import prod

from cnncalc.layers import Layer, Model, Shape, Step
from cnncalc.layers.branching import Branches
from cnncalc.layers.combining import Auxiliary, Serial
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.dense import Dense, Flatten, RadialBasis
from cnncalc.layers.depthwise import Depthwise, Separable
from cnncalc.layers.normalisation import LocalContrastNorm
from cnncalc.layers.pooling import AdaptivePooling, GlobalPooling, Pooling, Subsampling
from cnncalc.layers.shaping import Margin
from cnncalc.layers.transposed import TransposedConvolution, Upsample

Axis = list[set[int]]  # for each unit along the first axis the input elements that it sees


def seen(layer: Layer, axis: Axis, x: Shape) -> tuple[Axis, Shape]:
    """The units behind a layer, followed through every window; and their shape."""
    if isinstance(layer, Serial):
        for part in layer.layers:
            axis, x = seen(part, axis, x)
        return axis, x
    if isinstance(layer, Auxiliary):
        return axis, x
    if isinstance(layer, Branches):
        ends = [seen(branch, axis, x) for _, branch in layer.branches_by_name()]
        y = layer.join([shape for _, shape in ends])
        most = max(len(end) for end, _ in ends)
        wide = [end * most if len(end) < most else end for end, _ in ends]
        return [set().union(*units) for units in zip(*wide, strict=True)], y
    if isinstance(layer, Flatten | Dense | RadialBasis):
        y = layer.out_shape((0,)) if not isinstance(layer, Flatten) else (0,)
        return [set().union(*axis)], y
    y = layer.out_shape(x)
    if isinstance(layer, GlobalPooling) or (isinstance(layer, LocalContrastNorm) and not layer.kernel):
        return [set().union(*axis)] * y[0], y
    if isinstance(layer, AdaptivePooling):
        n, m = x[0], y[0]
        shares = [
            [i for i in range(n) if i * m < (unit + 1) * n and (i + 1) * m > unit * n] for unit in range(m)
        ]
        return [set().union(*(axis[i] for i in share)) for share in shares], y
    if isinstance(layer, Upsample):
        return [units for units in axis for _ in range(y[0] // x[0])], y
    if isinstance(layer, TransposedConvolution):
        window = layer.windows[0]
        cut = window.pads(x[0])[0]
        found: Axis = [set() for _ in range(y[0])]
        for element, tap in product(range(x[0]), range(window.kernel)):
            at = element * window.stride + tap * window.dilation - cut
            if 0 <= at < y[0]:
                found[at] |= axis[element]
        return found, y
    if isinstance(layer, Margin):
        before, after = layer.sides(x)[0]
        if layer.sign > 0:
            return [set()] * before + axis + [set()] * after, y
        return axis[before : len(axis) - after], y
    if isinstance(layer, Convolution | Depthwise | Separable | Pooling | LocalContrastNorm):
        window = layer.windows[0]
        before, _ = window.pads(x[0])
        return [slid(axis, unit * window.stride - before, window) for unit in range(y[0])], y
    return axis, y


def slid(axis: Axis, start: int, window: object) -> set[int]:
    taps = [start + tap * window.dilation for tap in range(window.kernel)]  # type: ignore[attr-defined]
    return set().union(*(axis[tap] for tap in taps if 0 <= tap < len(axis)))


def counted(step: Step) -> tuple[int, int, int]:
    """Parameters, multiply-adds and connections of a leaf, one by one."""
    layer, x, y = step.layer, step.input, step.output
    if isinstance(layer, Convolution):
        return convolution(layer, x, y)
    if isinstance(layer, Depthwise):
        weights = {(*key, tap) for key in pairs(x, layer) for tap in taps_of(layer)}
        macs = sum(1 for _ in positions(y) for _ in weights)
        biases = x[-1] * layer.multiplier * layer.bias
        return len(weights) + biases, macs, macs + biases * len(positions(y))
    if isinstance(layer, Separable):
        weights = {(*key, tap) for key in pairs(x, layer) for tap in taps_of(layer)}
        mixing = {(key, filter_) for key in pairs(x, layer) for filter_ in range(layer.filters)}
        macs = sum(len(weights) + len(mixing) for _ in positions(y))
        biases = layer.filters * layer.bias
        return len(weights) + len(mixing) + biases, macs, macs + biases * len(positions(y))
    if isinstance(layer, TransposedConvolution):
        weights = {
            (channel, filter_, tap)
            for channel, filter_, tap in product(range(x[-1]), range(layer.filters), taps_of(layer))
            if channel * layer.groups // x[-1] == filter_ * layer.groups // layer.filters
        }
        macs = sum(len(weights) for _ in positions(x))
        biases = layer.filters * layer.bias
        return len(weights) + biases, macs, macs + biases * len(positions(y))
    if isinstance(layer, Dense | RadialBasis):
        uses = sum(1 for _ in product(range(x[0]), range(y[0])))
        biases = y[0] * getattr(layer, "bias", 0)
        return uses + biases, uses if isinstance(layer, Dense) else 0, uses + biases
    if isinstance(layer, Subsampling):
        window = len(taps_of(layer))
        return 2 * x[-1], 0, sum(window + 1 for _ in positions(y) for _ in range(x[-1]))
    per_channel = {"batchnorm": 2, "layernorm": 2, "layerscale": 1}.get(layer.word, 0)
    return per_channel * x[-1] * getattr(layer, "affine", 1), 0, 0


def convolution(layer: Convolution, x: Shape, y: Shape) -> tuple[int, int, int]:
    if layer.table:
        sees = [(filter_, channel) for filter_, row in enumerate(layer.table) for channel in row]
    else:
        per_group, filters = x[-1] // layer.groups, layer.filters // layer.groups
        sees = [
            (group * filters + filter_, group * per_group + channel)
            for group, filter_, channel in product(range(layer.groups), range(filters), range(per_group))
        ]
    weights = {(*pair, tap) for pair in sees for tap in taps_of(layer)}
    macs = sum(len(weights) for _ in positions(y))
    biases = layer.filters * layer.bias
    return len(weights) + biases, macs, macs + biases * len(positions(y))


def positions(shape: Shape) -> list[tuple[int, ...]]:
    return list(product(*map(range, shape[:-1])))


def taps_of(layer: Layer) -> list[tuple[int, ...]]:
    return list(product(*map(range, layer.kernel)))  # type: ignore[attr-defined]


def pairs(x: Shape, layer: Depthwise | Separable) -> list[tuple[int, int]]:
    return list(product(range(x[-1]), range(layer.multiplier)))


def most_alive(model: Model) -> int:
    """The most numbers in memory at once, where each tensor lives from where it is made to where it is last used."""
    sizes = [prod(model.input)]
    operations: list[tuple[list[int], int]] = []

    def made(inputs: list[int], shape: Shape) -> int:
        sizes.append(prod(shape))
        operations.append((inputs, len(sizes) - 1))
        return len(sizes) - 1

    def run(layer: Layer, tensor: int, x: Shape) -> tuple[int, Shape]:
        if isinstance(layer, Serial):
            for part in layer.layers:
                if part.flat and len(x) > 1:
                    x = (prod(x),)
                tensor, x = run(part, tensor, x)
            return tensor, x
        if isinstance(layer, Auxiliary):
            if not layer.training:
                run(layer.body, tensor, x)
            operations.append(([tensor], tensor))
            return tensor, x
        if isinstance(layer, Branches):
            ends = [run(branch, tensor, x) for _, branch in layer.branches_by_name()]
            y = layer.join([shape for _, shape in ends])
            return made([end for end, _ in ends], y), y
        y = layer.out_shape(x)
        if layer.view:
            operations.append(([tensor], tensor))
            return tensor, y
        return made([tensor], y), y

    run(model.body, 0, model.input)
    born = {0: -1} | {
        output: step for step, (inputs, output) in enumerate(operations) if output not in inputs
    }
    last = {0: 0} | {
        tensor: step for step, (inputs, output) in enumerate(operations) for tensor in (*inputs, output)
    }
    alive = [
        sum(sizes[tensor] for tensor in born if born[tensor] <= step <= last[tensor])
        for step in range(len(operations))
    ]
    return max([sizes[0], *alive])

"""The geometry of a window that slides over an axis: the only home of floor((n + p − e)/s) + 1, and of its transpose.

Sources: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning"; TensorFlow's "SAME";
PyTorch's ceil_mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, gcd
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Formula, Shape, show
from cnncalc.layers.field import Field, ends
from cnncalc.layers.values import Padding, Sizes

if TYPE_CHECKING:
    from cnncalc.numerics.windows import Axis


NEAR = 1000  # how far from what was asked for an exact setting is looked for


class Window(NamedTuple):
    """One spatial axis of a convolution or pooling: sizes and steps in elements of that axis."""

    kernel: int
    stride: int
    padding: str | tuple[int, int]
    dilation: int
    ceil: bool = False

    @property
    def extent(self) -> int:
        """How many elements the dilated kernel spans."""
        return self.dilation * (self.kernel - 1) + 1

    def pads(self, n: int) -> tuple[int, int]:
        """Zeros before and after an axis of n elements."""
        if not isinstance(self.padding, str):
            return self.padding
        if self.padding == "full":
            return self.extent - 1, self.extent - 1
        if self.padding == "causal":
            return self.extent - 1, 0
        needed = max((ceil(n / self.stride) - 1) * self.stride + self.extent - n, 0)  # "same"
        return needed // 2, needed - needed // 2

    def room(self, n: int) -> int:
        """How far the window can move: n + p − e; negative where it does not fit."""
        return n + sum(self.pads(n)) - self.extent

    def out(self, n: int) -> int:
        """How many positions the window takes; 0 or less where it does not fit."""
        room = self.room(n)
        if not self.ceil:
            return room // self.stride + 1
        positions = -(-room // self.stride) + 1
        # PyTorch drops a last window that would start in the padding after the input
        return positions - ((positions - 1) * self.stride >= n + self.pads(n)[0])

    def unused(self, n: int) -> int:
        """Elements of the padded axis, at its end, that no window reaches."""
        return max(self.room(n) - (self.out(n) - 1) * self.stride, 0)

    def field(self, field: Field, n: int) -> Field:
        """What a window over units that see `field` sees."""
        jump = field.jump
        if not field.phases and isinstance(jump, int):
            start = field.start - self.pads(n)[0] * jump
            return Field(field.size + (self.extent - 1) * jump, jump * self.stride, start)
        return field.through(lambda unit: ends(self.uses(unit, n)), 1, self.stride)

    def uses(self, unit: int, n: int) -> range:
        """The elements under the taps of the window at a position."""
        first = unit * self.stride - self.pads(n)[0]
        return range(first, first + self.extent, self.dilation)

    def formula(self, n: int) -> str:
        """(32 − 5 + 2·2)/1 + 1 = 32."""
        before, after = self.pads(n)
        pad = f" + 2·{before}" if before == after else f" + {before} + {after}"
        extent = f"({self.dilation}·({self.kernel} − 1) + 1)" if self.dilation > 1 else f"{self.kernel}"
        exact = self.room(n) / self.stride + 1
        rounded = f"{exact:.2f} → {self.out(n)}" if self.room(n) % self.stride else f"{self.out(n)}"
        return f"({n} − {extent}{pad if before or after else ''})/{self.stride} + 1 = {rounded}"

    def misfit(self, n: int, axes: str) -> str | None:
        """A note on input that the stride leaves over, with the nearest settings that leave none."""
        unused = self.unused(n)
        if self.ceil or self.padding == "same" or not unused:
            return None
        room = self.room(n)
        strides = {1, *range(max(self.stride - NEAR, 1), min(self.stride + NEAR, room) + 1)}
        dividing = sorted((s for s in strides if room % s == 0), key=lambda s: abs(s - self.stride))
        near = sorted(dividing[:3])
        exact = "stride " + " or ".join(", ".join(map(str, near)).rsplit(", ", 1))
        least = max(self.pads(n)) + 1
        for pad in range(least, min(least + NEAR, self.extent)):
            padded = self._replace(padding=(pad, pad))
            if padded.room(n) % self.stride == 0:
                exact += f", pad {pad} (→ {padded.out(n)})"
                break
        lost = " and ".join(axis + "s" * (unused > 1) for axis in axes.split(" and "))
        return f"{self.formula(n)}, {unused} {lost} unused; nearest exact: {exact}"


class Transposed(NamedTuple):
    """One spatial axis of a transposed convolution: each element lays a kernel, `stride` after the one before.

    Padding is what is cut from the full result, as in PyTorch; "same" leaves stride times the input, as in TensorFlow.
    """

    kernel: int
    stride: int
    padding: str | tuple[int, int]
    dilation: int
    outpad: int = 0

    @property
    def extent(self) -> int:
        """How many elements the dilated kernel spans."""
        return self.dilation * (self.kernel - 1) + 1

    def pads(self, n: int) -> tuple[int, int]:
        """What is cut before and after."""
        if not isinstance(self.padding, str):
            return self.padding
        if self.padding == "full":
            return self.extent - 1, self.extent - 1
        cut = max(self.extent - self.stride, 0)  # "same"
        return cut // 2, cut - cut // 2

    @property
    def extra(self) -> int:
        """Positions added at the end."""
        return max(self.stride - self.extent, 0) if self.padding == "same" else self.outpad

    def out(self, n: int) -> int:
        """The size of the result; 0 or less where all of it is cut."""
        return (n - 1) * self.stride - sum(self.pads(n)) + self.extent + self.extra

    def field(self, field: Field, n: int) -> Field:
        """What a unit sees: the elements whose kernels reach it, as many as lie on it for each phase of the stride."""
        before = self.pads(n)[0]

        def sees(unit: int) -> tuple[int, int]:
            return -((self.extent - 1 - before - unit) // self.stride), (unit + before) // self.stride

        return field.through(sees, self.stride, 1)

    def uses(self, unit: int, n: int) -> range:
        """The elements that lay a tap of their kernels on a position of the result."""
        at = unit + self.pads(n)[0]
        shared = gcd(self.stride, self.dilation)
        if at % shared:
            return range(0)
        step = self.dilation // shared  # from an element that reaches the position to the next one
        phase = at // shared * pow(self.stride // shared, -1, step)
        last = at // self.stride
        last -= (last - phase) % step
        first = -((self.extent - 1 - at) // self.stride)
        return range(last - (last - first) // step * step, last + 1, step)

    def formula(self, n: int) -> str:
        """(4 − 1)·2 − 2·1 + 3 + 1 = 8."""
        before, after = self.pads(n)
        pad = f" − 2·{before}" if before == after else f" − {before} − {after}"
        extent = f"{self.dilation}·({self.kernel} − 1) + 1" if self.dilation > 1 else f"{self.kernel}"
        extra = f" + {self.extra}" if self.extra else ""
        return f"({n} − 1)·{self.stride}{pad if before or after else ''} + {extent}{extra} = {self.out(n)}"

    def misfit(self, n: int, axes: str) -> None:
        """Every element is used."""


Sliding = Sequence[Window | Transposed]
AXES = {1: ("position",), 2: ("row", "column"), 3: ("plane", "row", "column")}


def windows(
    kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes, *, ceil: bool = False
) -> list[Window]:
    """One Window per axis from what a layer holds."""
    return [*windows_known(kernel, stride, padding, dilation, ceil)]


@lru_cache(maxsize=1024)  # a layer is asked for them again and again, and long stacks have few kinds of them
def windows_known(
    kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes, ceil: bool
) -> tuple[Window, ...]:
    pads = per_axis(padding, len(kernel))
    sides = zip(kernel, stride, pads, dilation, strict=True)
    return tuple([Window(k, s, p, d, ceil) for k, s, p, d in sides])


def per_axis(padding: Padding, axes: int) -> Sequence[str | tuple[int, int]]:
    return [padding] * axes if isinstance(padding, str) else padding


def slide(over: Sliding, x: Shape, channels: int, *, word: str) -> Shape:
    """The output shape of windows over x; raises ShapeError where they do not fit."""
    if len(x) - 1 != len(over):
        raise rank_error(over, x, word)
    y = tuple([window.out(n) for window, n in zip(over, x, strict=False)])
    if min(y) < 1:
        raise fit_error(over, x[:-1], channels)
    return (*y, channels)


def fit_error(over: Sliding, spatial: Shape, channels: int) -> ShapeError:
    """Says what does not fit where, and the padding and the kernel that would."""
    windows = [window for window in over if isinstance(window, Window)]
    if not windows:
        uncut = [window._replace(padding=(0, 0)) for window in over if isinstance(window, Transposed)]
        full = show(tuple(window.out(n) for window, n in zip(uncut, spatial, strict=True)))
        return ShapeError(
            f"the padding cuts all of the result, which is {full} without it",
            "cut less; pad 0 leaves all of it",
        )
    size = show(tuple(window.extent for window in windows))
    dilated = " (dilated)" if any(window.dilation > 1 for window in windows) else ""
    pads = [window.pads(n) for window, n in zip(windows, spatial, strict=True)]
    padding = str(pads[0][0]) if len({side for pad in pads for side in pad}) == 1 else f"{pads}"
    short = [max(0, -window.room(n)) for window, n in zip(windows, spatial, strict=True)]
    more = max(max(pad) for pad in pads) + -(-max(short) // 2)
    wider = [window._replace(padding=(more, more)) for window in windows]
    result = show((*(window.out(n) for window, n in zip(wider, spatial, strict=True)), channels))
    largest = tuple(
        (n + sum(pad) - 1) // window.dilation + 1
        for window, n, pad in zip(windows, spatial, pads, strict=True)
    )
    return ShapeError(
        f"a {size} window{dilated} does not fit in {show(spatial)} (padding {padding})",
        f"pad {more} makes it fit (output {result}); or use a kernel of at most {show(largest)}",
    )


def rank_error(over: Sliding, x: Shape, word: str) -> ShapeError:
    kernel = "x".join(str(window.kernel) for window in over)
    if len(x) == 1:
        return ShapeError(
            f"{word} slides a window over a volume, but {x[0]} numbers without axes reach it",
            f"put {word} before flatten and fc",
        )
    fitting = "x".join([str(over[0].kernel)] * (len(x) - 1))
    return ShapeError(
        f"a {len(over)}-D window ({kernel}) does not slide over a {len(x) - 1}-D input ({show(x)})",
        f"write its window as {fitting}",
    )


def resolved(over: Sliding, spatial: Shape) -> tuple[tuple[Axis, ...], tuple[int, ...]]:
    """The windows over axes of that size as the numerics take them: every pad a number; and their positions."""
    return _resolved(tuple(over), tuple(map(type, over)), spatial)


@lru_cache(maxsize=1024)
def _resolved(
    over: Sliding,
    types: tuple[type, ...],  # noqa: ARG001 - windows of two types may be equal as tuples
    spatial: Shape,
) -> tuple[tuple[Axis, ...], tuple[int, ...]]:
    """The same, remembered: a step of training asks for the same as the one before."""
    from cnncalc.numerics.windows import Axis

    slides = list(zip(over, spatial, strict=True))
    axes = tuple(Axis(window.kernel, window.stride, *window.pads(n), window.dilation) for window, n in slides)
    return axes, tuple(window.out(n) for window, n in slides)


def fields(over: Sliding, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
    """What a unit behind the windows sees, per axis."""
    return tuple(window.field(f, n) for window, f, n in zip(over, field, x, strict=False))


def size_formulas(over: Sliding, x: Shape) -> list[Formula]:
    """The output size of each axis, once where they are all the same."""
    texts = [window.formula(n) for window, n in zip(over, x, strict=False)]
    if len(set(texts)) == 1:
        return [Formula("output", texts[0])]
    return [Formula(f"output {axis}s", text) for axis, text in zip(AXES[len(over)], texts, strict=True)]


def misfits(over: Sliding, x: Shape) -> list[str]:
    """The notes on unused input, once where the axes are all the same."""
    slides = list(zip(over, x, AXES[len(over)], strict=False))
    if len({(window, n) for window, n, _ in slides}) == 1:
        slides = [(over[0], x[0], " and ".join(AXES[len(over)]))]
    return [note for window, n, axes in slides if (note := window.misfit(n, axes))]

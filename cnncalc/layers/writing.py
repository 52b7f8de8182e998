"""A model in the words of its language."""

from __future__ import annotations

from cnncalc.layers.base import Layer
from cnncalc.layers.combining import Model, Serial
from cnncalc.layers.words import INPUT


def form(cls: type[Layer]) -> str:
    """How the size behind a layer's word is written, such as NxFxF; empty where there is none."""
    return "x".join(option.kind.form for option in cls.heads())


def write_layer(layer: Layer) -> str:
    """conv 10x5x5 stride 1 pad 2: what differs from the defaults, in the order of declaration."""
    words = [write_options(layer)]
    for index, field in enumerate(layer.inners()):
        value = getattr(layer, field.name)
        if value != field.default:
            words += [field.name] * (index > 0) + [write_inside(value)]
    return " ".join(words)


def write_options(layer: Layer) -> str:
    """A layer without the layers inside it."""
    sizes = [
        option.kind.write(value) for option in layer.heads() if (value := getattr(layer, option.name)) != ()
    ]
    words = [layer.word, "x".join(sizes)] if sizes else [layer.word]
    for option in layer.modifiers():
        value = getattr(layer, option.name)
        if option.always or value != option.default_in(layer):
            words += [option.word, option.kind.write(value)]
    return " ".join(words)


def write_inside(value: Serial | tuple[Serial, ...]) -> str:
    """Layers in braces."""
    if isinstance(value, tuple):
        return f"{{ {' '.join(map(write_inside, value))} }}"
    return f"{{ {'; '.join(map(write_layer, value.layers))} }}"


def write(model: Model, separator: str = "; ") -> str:
    """The text of a model; parse(write(model)) == model."""
    shape = "x".join(map(str, model.input))
    return separator.join([f"{INPUT} {shape}", *(write_layer(layer) for layer in model.body.layers)])

"""Words to a model and back, and errors that point at the culprit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError, LanguageError, ShapeError
from cnncalc.layers import Layer, Model, Serial, parse, write
from cnncalc.layers.activation import Identity, ReLU
from cnncalc.layers.branching import Concat, Residual
from cnncalc.layers.combining import Auxiliary
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.dense import Dense
from cnncalc.layers.language import build
from cnncalc.layers.pooling import MaxPooling
from cnncalc.layers.words import modifiers, read_flags, split_flags
from tests.models import models
from tests.stacks import stacks


def test_text_is_read_as_the_layers_it_names() -> None:
    model = parse("input 32x32×3  # colour\nconv 10X5x5 stride 2x1 pad 0:1x2 bias no; POOL 3x3 stride 2 ceil")
    conv = Convolution(10, (5, 5), stride=(2, 1), padding=((0, 1), (2, 2)), bias=False)
    assert model == Model((32, 32, 3), Serial((conv, MaxPooling((3, 3), stride=(2, 2), ceil=True))))


@given(models())
def test_a_model_written_and_read_is_the_same_model(model: Model) -> None:
    assert parse(write(model)) == model
    assert parse(write(model, "\n")) == model


@given(models())
def test_options_say_what_text_says(model: Model) -> None:
    words = [("--" + word if word[0].isalpha() else word) for word in write(model).replace(";", " ").split()]
    values = {"--same", "--full", "--causal", "--yes", "--no"}
    args = [word.removeprefix("--") if word in values else word for word in words]
    flags, others = split_flags(["SPEC", *args, "--json"])
    assert others == ["SPEC", "--json"]
    assert build(read_flags(flags)) == model


def test_options_with_equals_signs_and_switches() -> None:
    flags, others = split_flags(
        ["--input=8x8x1", "--conv=2x3x3", "--no-bias", "--leakyrelu", "--pool", "2x2", "--ceil"]
    )
    assert not others
    assert write(build(read_flags(flags))) == (
        "input 8x8x1; conv 2x3x3 stride 1 bias no; leakyrelu 0.01; maxpool 2x2 ceil yes"
    )


@given(models(), st.data())
def test_a_word_with_one_letter_changed_is_underlined(model: Model, data: st.DataObject) -> None:
    text = write(model)
    words = list(re.finditer(r"[a-z]{4,}", text))
    word = data.draw(st.sampled_from(words))
    at = data.draw(st.integers(word.start(), word.end() - 1))
    spoilt = text[:at] + "q" + text[at + 1 :]
    with pytest.raises(LanguageError) as caught:
        parse(spoilt)
    place = caught.value.place
    assert place is not None
    assert place.start <= at < place.end
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "culprit", "message", "hint"),
    [
        ("input 9x9x1; cnv 8x3x3", "cnv", "unknown layer cnv", "did you mean conv?"),
        ("input 9x9x1; conv 8x3x3 strde 2", "strde", "conv does not take strde", "did you mean stride?"),
        ("input 9x9x1; conv 8x3x3 relu", "relu", "conv does not take relu",
         "relu is a layer of its own: put ; before it"),
        ("input 9x9x1; conv", "conv", "conv needs a size", "write conv KxFxF"),
        ("input 9x9x1; conv 8", "8", "conv 8 lacks the size of the window", "write conv 8x3x3 for 8 filters of 3×3"),
        ("input 9x9x1; conv 8x3x", "8x3x", " is not a whole number", "write KxFxF"),
        ("input 9x9x1; conv 8x3x3 stride 0", "0", "stride 0 is too small", "stride is at least 1"),
        ("input 9x9x1; conv 8x3x3 stride", "stride", "stride needs a value", "write stride N or NxN"),
        ("input 9x9x1; conv 8x3x3 pad 1 pad 2", "2", "pad is given twice", "keep one of them"),
        ("input 9x9; conv 8x3 pad some", "some", "some is neither a number nor one of same, valid, full, causal",
         "write N, NxN, A:BxA:B, same, valid, full or causal"),
        ("input 9x9x1; conv 8x3x3 dilation 2x2x2", "2x2x2", "dilation 2 has 3 axes, the window of conv has 2",
         "give dilation one number, or 2"),
        ("input 9x9x1; conv 99999999999x3x3", "99999999999x3x3", "99999999999 is larger than 2147483647",
         "write KxFxF"),
        ("input 9x0x1", "9x0x1", "an input of 9x0x1 holds nothing", "sizes are at least 1"),
        ("input", "input", "input needs a size", "write input HxWxC, LxC, DxHxWxC or N"),
        ("input 9x9x1; dropout 1", "1", "rate 1.0 is too large", "rate is below 1"),
        ("conv 8x3x3; relu", "conv 8x3x3", "the model names no input",
         "begin with the size of one example: input HxWxC, LxC, DxHxWxC or N"),
    ],
)  # fmt: skip
def test_an_error_has_place_fact_and_remedy(text: str, culprit: str, message: str, hint: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert caught.value.place is not None
    assert (caught.value.place.words, caught.value.message, caught.value.hint) == (culprit, message, hint)


def test_the_place_of_an_option_is_where_it_stands_on_the_command_line() -> None:
    args = ["--input", "9x9x1", "--conv", "8x3x3", "--pad", "some", "--relu"]
    with pytest.raises(LanguageError) as caught:
        build(read_flags(args))
    assert caught.value.place is not None
    assert (caught.value.place.text, caught.value.place.words) == (" ".join(args), "some")


def test_a_modifier_before_any_layer_is_refused() -> None:
    with pytest.raises(LanguageError, match="--stride belongs to a layer"):
        read_flags(["--stride", "2"])


@given(st.text(alphabet="input conv8x3;\n#.:×-q0", max_size=60))
def test_any_text_gives_a_model_or_an_error_with_a_message(text: str) -> None:
    try:
        model = parse(text)
        list(model.steps())
    except CnncalcError as error:
        assert error.message
        assert error.place is None or 0 <= error.place.start <= error.place.end <= len(text)


def test_a_word_means_the_same_kind_of_value_in_every_layer() -> None:
    for cls in Layer.known.values():
        for option in cls.options():
            assert option.head or cls.block or modifiers()[option.word].kind is option.kind, (
                cls.word,
                option.word,
            )
            assert option.word not in Layer.known


def test_blocks_are_read_as_layers_with_layers_in_them() -> None:
    model = parse("""
        input 8x8x4
        residual {          # two convolutions
          conv 4x3x3 pad 1
          relu
        }
        shortcut { identity }
        repeat 2 { concat { { conv 3x1x1 } { maxpool 3x3 stride 1 pad 1; conv 2x1x1 } } }
        aux training { fc 10 }
    """)
    body = Serial((Convolution(4, (3, 3), padding=((1, 1),)), ReLU()))
    branches = (
        Serial((Convolution(3, (1, 1)),)),
        Serial((MaxPooling((3, 3), stride=(1, 1), padding=((1, 1),)), Convolution(2, (1, 1)))),
    )
    assert model.body.layers == (
        Residual(body, shortcut=Serial((Identity(),))),
        Concat(branches),
        Concat(branches),
        Auxiliary(Serial((Dense(10),)), training=True),
    )
    paths = [step.path for step in model.steps()]
    assert paths == [
        "0.body.0", "0.body.1", "0.shortcut.0", "0",
        "1.0.0", "1.1.0", "1.1.1", "1",
        "2.0.0", "2.1.0", "2.1.1", "2",
        "3.body.0", "3.body.1", "3",
    ]  # fmt: skip


@given(stacks())
def test_a_model_with_blocks_written_and_read_is_the_same_model(model: Model) -> None:
    assert parse(write(model)) == model
    assert parse(write(model, "\n")) == model


@pytest.mark.parametrize(
    ("text", "culprit", "message"),
    [
        ("residual { relu", "{", "a { that is never closed"),
        ("relu }", "}", "a } without a { before it"),
        ("relu { tanh }", "{ tanh }", "relu takes no braces"),
        ("residual { relu } { relu }", "{ relu }", "residual takes no more braces"),
        ("residual { relu } shortcat { relu }", "shortcat", "residual does not take shortcat"),
        ("residual", "residual", "residual needs layers in braces"),
        ("concat { relu }", "relu", "relu stands between the branches of concat"),
        ("concat { }", "{ }", "concat has no branches"),
        ("{ relu }", "{ relu }", "braces without a layer before them"),
        ("repeat { relu }", "repeat", "repeat needs a number and layers in braces"),
        ("repeat x { relu }", "x", "x is not a whole number"),
        ("repeat 99999999 { relu }", "repeat", "the model has more than 1,000,000 layers"),
        (
            "repeat 2000 { residual { repeat 2000 { relu } } }",
            "repeat",
            "the model has more than 1,000,000 layers",
        ),
        ("residual { " * 101 + "}" * 101, "{", "more than 100 braces within braces"),
        ("residual { cnv 3x3x3 }", "cnv", "unknown layer cnv"),
        ("concat { { relu } { conv 4x3x3 strid 2 } }", "strid", "conv does not take strid"),
    ],
)
def test_an_error_in_a_block_has_its_place(text: str, culprit: str, message: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(f"input 8x8x1; {text}")
    assert caught.value.message == message
    assert caught.value.place is not None
    assert caught.value.place.words == culprit
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "layer", "label", "hint"),
    [
        ("residual { conv 8x3x3 stride 2 pad 1 }", "0", "layer 1 sees 8×8×4", "add shortcut { conv 8x1x1 stride 2 }"),
        ("residual { conv 4x3x3 }", "0", "layer 1 sees 8×8×4", "pad the body so that it keeps 8×8"),
        ("relu; concat { { conv 1x3x3 } { relu } }", "1", "layer 2 sees 8×8×4",
         "pad, crop or stride the branches until their sizes agree"),
        ("multiply { { relu } { globalavgpool; conv 2x1x1 } }", "0", "layer 1 sees 8×8×4",
         "end each with 8×8×4, or with a single pixel of 4 channels"),
        ("residual { relu; conv 4x9x9 }", "0.body.1", "layer 1.body.2 sees 8×8×4",
         "pad 1 makes it fit (output 2×2×4); or use a kernel of at most 8×8"),
    ],
)  # fmt: skip
def test_branches_that_do_not_meet_are_an_error(text: str, layer: str, label: str, hint: str) -> None:
    with pytest.raises(ShapeError) as caught:
        list(parse(f"input 8x8x4; {text}").steps())
    assert (caught.value.layer, caught.value.label, caught.value.hint) == (layer, label, hint)


def test_layers_are_the_same_where_every_value_is() -> None:
    words = ["stride 1", "stride 2", "stride 1x2", "pad 1", "pad same", "dilation 2", "bias no"]
    texts = [f"input 9x9x2; conv 4x3x3 {word}" for word in words]
    assert len({parse(text).body.layers[0] for text in texts * 2}) == len(texts)
    assert parse("input 9x9x2; conv 4x3x3") == parse("input 9x9x2; conv 4x3x3 stride 1 pad 0; ")
    assert parse("input 9x9x2; depthwise 3x3").body != parse("input 9x9x2; maxpool 3x3 stride 1").body

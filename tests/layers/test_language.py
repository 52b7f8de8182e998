"""Words to a model and back, and errors that point at the culprit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError, LanguageError
from cnncalc.layers import Layer, Model, Serial, parse, write
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.language import build, modifiers, read_flags, split_flags
from cnncalc.layers.pooling import MaxPooling
from tests.models import models


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
            assert option.head or modifiers()[option.word].kind is option.kind, (cls.word, option.word)
            assert option.word not in Layer.known

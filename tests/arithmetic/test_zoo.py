"""The named architectures against what was measured of them, and against what was published."""

from itertools import product

import pytest

from cnncalc.arithmetic.comparison import depth, last_field
from cnncalc.arithmetic.report import Row, analyse
from cnncalc.arithmetic.zoo import ZOO, plain
from cnncalc.arithmetic.zoo.entry import layout
from cnncalc.arithmetic.zoo.facts import Facts
from cnncalc.layers import Model, parse, show, write
from tests.arithmetic.architectures import MEASURED


@pytest.mark.parametrize(
    ("name", "x", "y", "parameters", "trainable", "macs"), MEASURED, ids=[row[0] for row in MEASURED]
)
def test_figures_are_those_measured(
    name: str, x: str, y: str, parameters: int, trainable: int, macs: int
) -> None:
    report = analyse(ZOO[name].model)
    assert report.error is None
    assert (show(report.input), show(report.output)) == (x.replace("x", "×"), y.replace("x", "×"))
    assert (report.parameters, report.trainable, report.macs) == (parameters, trainable, macs)


@pytest.mark.parametrize(
    ("name", "parameters", "gmacs"),
    [  # torchvision 0.20, table of the pre-trained classification models
        ("vgg11-bn", 132_868_840, 7.61),
        ("vgg13-bn", 133_053_736, 11.31),
        ("vgg19-bn", 143_678_248, 19.63),
        ("densenet161", 28_681_000, 7.73),
        ("densenet169", 14_149_480, 3.36),
        ("densenet201", 20_013_928, 4.29),
        ("wide-resnet101-2", 126_886_696, 22.75),
        ("resnext101-32x8d", 88_791_336, 16.41),
        ("resnext101-64x4d", 83_455_272, 15.46),
        ("convnext-small", 50_223_688, 8.68),
        ("convnext-base", 88_591_464, 15.36),
        ("convnext-large", 197_767_336, 34.36),
    ],
)
def test_figures_are_those_that_torchvision_publishes(name: str, parameters: int, gmacs: float) -> None:
    report = analyse(ZOO[name].model)
    assert report.parameters == parameters
    assert report.macs / 1e9 == pytest.approx(gmacs, abs=0.011)


@pytest.mark.parametrize("name", ZOO)
def test_its_text_is_the_model(name: str) -> None:
    model = ZOO[name].model
    assert parse(write(model)) == model
    assert parse(Facts.of(ZOO[name]).text) == model


def test_laid_out_is_one_statement_a_line_and_repetitions_stay() -> None:
    text = "input 4x4x2\nconv 2x1x1; repeat 2 { residual { relu; conv 2x1x1 } shortcut { identity }\nrelu }"
    text += "; concat { { } { tanh } { relu; tanh } }"
    assert layout(text).splitlines() == [
        "input 4x4x2",
        "conv 2x1x1",
        "repeat 2 {",
        "    residual {",
        "        relu",
        "        conv 2x1x1",
        "    } shortcut { identity }",
        "    relu",
        "}",
        "concat {",
        "    { } { tanh } {",
        "        relu",
        "        tanh",
        "    }",
        "}",
    ]
    assert parse(layout(text)) == parse(text)


def test_every_entry_says_what_it_is_and_where_from() -> None:
    for entry in ZOO.values():
        authors, year, title = entry.source
        assert entry.what
        assert authors
        assert title
        assert 1998 <= year <= 2026


def test_a_name_is_found_however_it_is_dashed_and_no_two_are_alike() -> None:
    for written in ("ResNet_50", "resnet-50", "RESNET50", "resnet.50", "resnet50-v1.5", "resnet50_v1_5"):
        assert ZOO[written].name == "resnet50"
    names = [name for entry in ZOO.values() for name in (entry.name, *entry.aliases)]
    assert len({plain(name) for name in names}) == len(names)
    assert "resnet51" not in ZOO
    assert ZOO.hint("resnet51").startswith("did you mean resnet")
    assert ZOO.hint("qqqq") == "cnncalc zoo lists the named networks"


def test_the_six_columns_of_vgg() -> None:
    # Simonyan & Zisserman 2015, table 1: A, A-LRN, B, C, D, E; section 2.2: 11 to 19 weight layers
    columns = ("vgg-a", "vgg-a-lrn", "vgg-b", "vgg-c", "vgg-d", "vgg-e")
    assert [depth(analyse(ZOO[name].model)) for name in columns] == [11, 11, 13, 16, 16, 19]
    assert [write(ZOO[name].model).count("lrn") for name in columns] == [0, 1, 0, 0, 0, 0]
    same = {"vgg11": "vgg-a", "vgg13": "vgg-b", "vgg16": "vgg-d", "vgg19": "vgg-e"}
    assert all(ZOO[name] is ZOO[column] for name, column in same.items())


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        *((f"resnet{n}", n) for n in (18, 34, 50, 101, 152, 200, 20, 32, 44, 56, 110, 1202)),
        *((f"densenet{n}", n) for n in (121, 161, 169, 201)),
        ("googlenet", 22),
        ("googlenet-aux", 22),
        ("alexnet", 8),
        ("alexnet-2012", 8),
        ("lenet5", 5),
        ("mobilenet-v1", 28),  # Howard et al. 2017, section 3.1
    ],
)
def test_a_network_is_as_deep_as_its_name_or_paper_says(name: str, layers: int) -> None:
    assert depth(analyse(ZOO[name].model)) == layers


def last_map(model: Model) -> Row:
    """The last row whose units do not all see the same."""
    return [row for row in analyse(model).steps if row.field and row.field[0].jump][-1]


# tf-slim's alexnet_v2, nets/alexnet.py: VALID but for the inner convolutions, which are SAME
ALEXNET_V2 = """
input 224x224x3; conv 64x11x11 stride 4; maxpool 3x3 stride 2; conv 192x5x5 pad same; maxpool 3x3 stride 2
conv 384x3x3 pad same; conv 384x3x3 pad same; conv 256x3x3 pad same; maxpool 3x3 stride 2
"""


@pytest.mark.parametrize(
    ("model", "size", "jump", "start"),
    [  # Araujo, Norris, Sim 2019, Computing receptive fields of convolutional neural networks (distill.pub); sizes,
        # strides and paddings also in the README of tensorflow/contrib/receptive_field
        (ALEXNET_V2, 195, 32, -64),
        ("vgg16", 212, 32, -90),
        ("resnet50-v1", 483, 32, None),
        ("resnet50", 427, 32, None),
        ("resnet101-v1", 1027, 32, None),
        ("resnet152-v1", 1507, 32, None),
        ("inception-v3", 1311, 32, -618),
    ],
)
def test_receptive_fields_are_those_published(model: str, size: int, jump: int, start: int | None) -> None:
    found = last_map(ZOO[model].model if model in ZOO else parse(model)).field
    assert {axis.size for axis in found} == {size}
    assert {axis.jump for axis in found} == {jump}
    assert start is None or {axis.start for axis in found} == {start}


def test_lenet5_as_published() -> None:
    # LeCun et al. 1998, section II.B; the figure for F6 is its 10,164 parameters, one use each
    report = analyse(ZOO["lenet5-1998"].model)
    weighted = [row for row in report.rows if row.layer in ("conv", "subsample", "fc")]
    assert [row.cost.connections for row in weighted] == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164]
    assert [row.parameters for row in weighted] == [156, 12, 1_516, 32, 48_120, 10_164]
    assert report.trainable == 60_000


def test_wavenets_ten_dilated_layers_see_1024_samples() -> None:
    # van den Oord et al. 2016, section 2.1: 1, 2, 4, …, 512 has receptive field of size 1,024
    model = ZOO["wavenet"].model
    row = analyse(model).rows[-1]
    [field] = row.field
    assert (field.size, field.jump, field.start) == (1024, 1, -1023)
    assert row.output[0] == model.input[0]
    # and of the gated ones: a first layer of 2, then 50 of which each ten widen by 1,023
    assert last_field(analyse(ZOO["wavenet-50"].model)) == (1 + 1 + 5 * 1023,)


def test_wavenets_state_keeps_signal_and_skips_apart() -> None:
    """The running state is 32 channels of signal, then the skips; each layer reads the signal alone."""
    for name, skip in product(("wavenet-50",), (512,)):
        steps = analyse(ZOO[name].model).steps
        taken = [row for row in steps if row.layer == "channels"]
        assert [row.text for row in taken] == ["channels 0:32"] * 50 + [f"channels 32:{32 + skip}"]


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("linear", 7_850, 7_850),  # 10·784 + 10
        ("mlp", 238_510, 238_510),  # 784-300-10: 300·785 + 10·301
        ("mlp-tanh", 238_510, 238_510),
        ("mlp2-tanh", 266_610, 266_610),  # 300·785 + 100·301 + 10·101
        ("tiny", 1, 9_999),
        ("best", 1, 249_999),
    ],
)
def test_networks_to_train_are_of_the_size_they_are_named_for(name: str, least: int, most: int) -> None:
    assert least <= analyse(ZOO[name].model).parameters <= most


@pytest.mark.parametrize("style", ["small-vgg", "small-inception", "small-resnet"])
@pytest.mark.parametrize(("ending", "x"), [("", (28, 28, 1)), ("-32", (32, 32, 3))])
def test_small_styles_take_both_sizes_of_pictures(style: str, ending: str, x: tuple[int, ...]) -> None:
    report = analyse(ZOO[style + ending].model)
    assert (report.input, report.output) == (x, (10,))
    assert report.parameters < 100_000


@pytest.mark.parametrize("name", ["default", "lenet5", "tiny", "linear"])
def test_a_network_is_called_by_its_name_whatever_its_input(name: str) -> None:
    other = ZOO[name].model._replace(input=(64, 64, 3))
    assert ZOO.name_of(other) == name


def test_a_network_without_a_name_is_called_nothing() -> None:
    assert ZOO.name_of(parse("input 28x28x1; fc 9; softmax")) == ""

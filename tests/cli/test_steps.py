"""The filters of a trained run as kernels."""

import json

import numpy as np
import pytest
from PIL import Image

from cnncalc.cli.steps import read_step
from cnncalc.errors import UsageError
from cnncalc.imaging.pictures import read
from tests.cli.running import cnncalc


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A picture, and a network that has barely begun to learn."""
    from cnncalc.layers import parse
    from cnncalc.learning.checkpoint import Trained, save
    from cnncalc.learning.network import Network

    folder = tmp_path_factory.mktemp("run")
    network = Network(parse("input 28x28x1; conv 5x3x3; relu; conv 4x3x3; fc 10"))
    rng = np.random.default_rng(0)
    for value in network.tensors().values():
        value[...] = rng.normal(size=value.shape)
    (folder / "net").mkdir()
    save(network, Trained("mnist", tuple("0123456789"), (28, 28, 1), 0.0, 1.0, {}, []), folder / "net")
    Image.fromarray(rng.integers(0, 256, (9, 8, 3), dtype=np.uint8)).save(folder / "a.png")
    np.save(folder / "weights.npy", network.tensors()["0.weight"])
    return folder


def test_all_filters_of_the_first_layer_or_one_of_them(folder):
    weights = np.load(folder / "weights.npy")
    bank = read_step(str(folder / "net"))
    assert np.allclose([[kernel.weights for kernel in kernels] for kernels in bank.filters], weights)
    one = read_step(f"{folder / 'net'}:layer=1,filter=3")
    assert np.allclose(one.filters[0][0].weights, weights[2, 0])


def test_they_make_a_sheet_or_an_array_of_responses(folder):
    done = cnncalc("filter", "a.png", "--kernel", "net", "--json", folder=folder)
    document = json.loads(done.stdout)
    assert document["notes"] == ["the filters see one channel: the picture was turned gray"]
    assert read(folder / document["output"]).pixels.shape == tuple(document["output_size"][:2])
    assert cnncalc("filter", "a.png", "-k", "net:layer=1", "-o", "r.npy", folder=folder).returncode == 0
    gray = np.rint(np.asarray(Image.open(folder / "a.png")) @ np.array([0.299, 0.587, 0.114]))
    expected = np.einsum("fij,ij->f", np.load(folder / "weights.npy")[:, 0], gray[3:6, 2:5])
    assert np.allclose(np.load(folder / "r.npy")[4, 3], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("layer=3", "see 5 channels"),
        ("layer=2", "has no filters"),
        ("layer=1,filter=6", "5 filters, and no number 6"),
    ],
)
def test_what_does_not_see_the_picture_is_refused(folder, layer, message):
    with pytest.raises(UsageError, match=message):
        read_step(f"{folder / 'net'}:{layer}")


def test_a_folder_that_is_no_run_is_said_to_be_none(folder):
    done = cnncalc("filter", "a.png", "-k", ".", folder=folder)
    assert done.returncode == 3
    assert "no run" in done.stderr

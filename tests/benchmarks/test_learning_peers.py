"""PyTorch's optimisers and scipy's blur as oracles. Run by hand, where they are installed: pytest -m bench"""

from typing import Any

import numpy as np
import pytest

from cnncalc.learning.choices import read_one
from cnncalc.learning.optimisers import OPTIMISERS
from cnncalc.numerics.warping import gaussian_matrix
from tests.learning.moments import moments

torch = pytest.importorskip("torch")
ndimage = pytest.importorskip("scipy.ndimage")
pytestmark = pytest.mark.bench

PEERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "momentum:beta=0.8": ("SGD", {"momentum": 0.8}),
    "nesterov:beta=0.8": ("SGD", {"momentum": 0.8, "nesterov": True}),
    "adagrad:epsilon=1e-6": ("Adagrad", {"eps": 1e-6}),
    "rmsprop:rho=0.8,epsilon=1e-6": ("RMSprop", {"alpha": 0.8, "eps": 1e-6}),
    "adam:beta1=0.8,beta2=0.95": ("Adam", {"betas": (0.8, 0.95)}),
    "adamw:beta1=0.8,beta2=0.95": ("AdamW", {"betas": (0.8, 0.95), "weight_decay": 0.0}),
}


@pytest.mark.parametrize("text", PEERS)
def test_thirty_steps_are_those_of_torch_optim(text: str) -> None:
    name, settings = PEERS[text]
    rng = np.random.default_rng(0)
    start = rng.normal(size=50)
    ours = start.copy()
    theirs = torch.nn.Parameter(torch.from_numpy(start.copy()))
    peer = getattr(torch.optim, name)([theirs], lr=0.03, **settings)
    optimiser = read_one(text, OPTIMISERS, "optimiser")
    kept = moments(optimiser, 50, ours.dtype)
    for _ in range(30):
        gradient = rng.normal(size=50) * 10.0 ** rng.integers(-3, 3, 50)
        theirs.grad = torch.from_numpy(gradient.copy())
        peer.step()
        optimiser.step(ours, gradient, 0.03, kept)
    assert ours == pytest.approx(theirs.detach().numpy(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("sigma", [0.7, 4.0, 6.5])
def test_the_blur_of_elastic_changes_is_that_of_scipy(sigma: float) -> None:
    field = np.random.default_rng(0).uniform(-1, 1, (28, 20))
    blurred = gaussian_matrix(28, sigma) @ field @ gaussian_matrix(20, sigma).T
    assert blurred == pytest.approx(ndimage.gaussian_filter(field, sigma, mode="constant"), abs=1e-6)

"""The default run of `cnncalc train mnist` as a PyTorch script: same network, data, order of work and schedule.

python tests/benchmarks/recipe.py mnist.npz [--compile]
"""

import math
import sys

import numpy as np
import torch
from torch import nn

BATCH, EPOCHS, PEAK, RISE = 128, 3, 0.005, 0.15


def fall(t: float) -> float:
    return (1 + math.cos(math.pi * t)) / 2


def main() -> None:
    with np.load(sys.argv[1]) as file:
        images, labels = file["x_train"], file["y_train"].astype(np.int64)
    x = (torch.from_numpy(images).float().unsqueeze(1) / 255 - 0.1307) / 0.3081
    y = torch.from_numpy(labels)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    held, learned = order[:5000], order[5000:]
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 24, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(24, 32, 3), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(800, 256), nn.ReLU(), nn.Linear(256, 10),
    )  # fmt: skip
    for layer in network:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = math.sqrt(3 / layer.weight[0].numel())
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.zeros_(layer.bias)
    run = torch.compile(network) if "--compile" in sys.argv else network
    optimiser = torch.optim.Adam(network.parameters(), betas=(0.9, 0.99), foreach=True)
    for epoch in range(EPOCHS):
        rows = learned[torch.randperm(len(learned))]
        for first in range(0, len(rows), BATCH):
            share = first / len(rows)
            cycle = (
                0.04 + 0.96 * (1 - fall(share / RISE)) if share < RISE else fall((share - RISE) / (1 - RISE))
            )
            optimiser.param_groups[0]["lr"] = PEAK * (1 - epoch / EPOCHS) * cycle
            part = rows[first : first + BATCH]
            optimiser.zero_grad(set_to_none=True)
            nn.functional.cross_entropy(run(x[part]), y[part]).backward()
            optimiser.step()
        with torch.inference_mode():
            right = sum(int((run(x[p]).argmax(1) == y[p]).sum()) for p in held.split(500))
        print(f"epoch {epoch + 1}  validation {right / len(held):.2%}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

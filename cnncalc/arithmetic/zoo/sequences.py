"""Networks for waveforms: stacks of dilated causal convolutions."""

from __future__ import annotations

from functools import partial

from cnncalc.arithmetic.zoo.entry import Architecture, Source, joined, repeated

OORD = Source("van den Oord et al.", 2016, "WaveNet: a generative model for raw audio")
DILATIONS = tuple(2**power for power in range(10))


def dilated() -> str:
    """Figure 3 of the paper, as deep as in its section 2.1."""
    return joined(*(f"conv 32x2 pad causal dilation {dilation}" for dilation in DILATIONS))


def wavenet(rounds: int, skip: int, bias: str = "") -> str:
    """Figure 4 of the paper; the state holds 32 channels of signal and behind them the sum of the skips."""

    def layer(dilation: int) -> str:
        conv = f"conv 32x2 pad causal dilation {dilation}{bias}"
        gate = f"multiply {{ {{ {conv}; tanh }} {{ {conv}; sigmoid }} }}"
        out = f"concat {{ {{ conv 32x1{bias} }} {{ conv {skip}x1{bias} }} }}"
        return f"residual {{ channels 0:32; {gate}; {out} }}"

    return joined(
        "conv 32x2 pad causal bias no",
        f"padchannels 0:{skip}",
        repeated(rounds, joined(*map(layer, DILATIONS))),
        f"channels 32:{32 + skip}",
        f"relu; conv {skip}x1{bias}; relu; conv 256x1{bias}; softmax",
    )


ENTRIES = (
    Architecture(
        "wavenet",
        "ten causal convolutions of kernel 2, dilations 1 to 512: a unit sees 1,024 samples",
        OORD,
        "16000x1",
        dilated,
        ("wavenet-stack",),
    ),
    Architecture(
        "wavenet-50",
        "50 gated layers, 32 channels and 512 of skips, as ibab/tensorflow-wavenet has it",
        OORD,
        "8000x256",
        partial(wavenet, 5, 512),
        ("wavenet-ibab",),
    ),
    Architecture(
        "wavenet-30",
        "30 gated layers, 32 channels and 256 of skips, without biases",
        OORD,
        "4000x256",
        partial(wavenet, 3, 256, " bias no"),
        ("wavenet-3x10",),
    ),
)

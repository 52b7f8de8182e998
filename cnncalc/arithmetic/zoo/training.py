"""The networks that train and its examples use: small ones for 28×28 and 32×32 pixels."""

from cnncalc.arithmetic.zoo.entry import Architecture, Source

CNNCALC = Source("cnncalc", 2026, "networks for the data sets that it trains on")

ENTRIES = (
    Architecture(
        "default",
        "what train uses where no other network is named",
        CNNCALC,
        "28x28x1",
        """
        conv 24x5x5; relu; maxpool 2x2
        conv 32x3x3; relu; maxpool 2x2
        fc 256; relu
        fc 10; softmax
        """,
    ),
    Architecture(
        "lwls",
        "three strided convolutions and two dense layers, example 6.3",
        Source(
            "Lindholm, Wahlström, Lindsten, Schön",
            2022,
            "Machine Learning: a first course for engineers and scientists",
        ),
        "28x28x1",
        """
        conv 4x5x5 pad same; relu
        conv 8x5x5 stride 2 pad same; relu
        conv 12x4x4 stride 2 pad same; relu
        fc 200; relu
        fc 10; softmax
        """,
    ),
)

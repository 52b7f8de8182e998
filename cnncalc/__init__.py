"""Convolutional-network arithmetic, convolution on pictures, and training of small networks."""

__version__ = "0.1.0"

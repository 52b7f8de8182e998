"""Pictures: reading and writing them, kernels, filtering, and finding a digit on a photo.

`pictures.read` and `pictures.write` are the only way in and out; `kernels.CATALOGUE` holds the kernels by name;
`filtering.filter_picture` applies one; `digits.normalise` makes of a photo what MNIST would have made of it.
"""

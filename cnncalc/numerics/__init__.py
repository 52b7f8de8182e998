"""numpy primitives and their adjoints; nothing here knows of layers, networks or files.

For learning, on arrays (C, *spatial, N) with the batch last: `correlation`, `pooling`, `dense`, `elementwise` and
`normalisation`, each function giving its result and the way back; behind `correlation`, `shifted` multiplies pixels
where they lie, or `columns` gathers what lies under the windows, and `products` multiplies it; `workspace` says who
owns which memory and replays what a step does with it, `run` what a layer is told of the pass it takes part in,
`ufuncs` what numpy is told meanwhile. For pictures, channels last: `taps` is the door (correlate, respond, plan),
`patches` has pooling, contrast and gradients. Behind them `borders` says where a kernel is laid, `tasks` what is to be
computed, `methods` chooses how, `strips` walks through the picture, `additions` (with `factors`), `toeplitz` and
`fourier` compute the sums, `rounding` makes pixels of them.
"""

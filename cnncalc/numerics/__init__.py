"""numpy primitives that imaging and learning share: windows, correlation, pooling, and their adjoints."""

"""The layers by family, the geometry of a window, and the model language. No numpy is imported here at start-up."""

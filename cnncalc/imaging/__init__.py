"""Pictures: reading and writing them, the kernel catalogue, filtering."""

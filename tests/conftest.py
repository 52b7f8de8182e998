"""Hypothesis draws the same examples everywhere; a failure on one machine is a failure on all."""

from hypothesis import settings

settings.register_profile("cnncalc", derandomize=True, deadline=None, max_examples=150)
settings.load_profile("cnncalc")

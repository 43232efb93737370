"""Figures of the program at work: `make bench`, or `python -m bench [measure …] [--size small]`.

Nothing here is a test: the figures are printed, never asserted. docs/figures.md keeps the last ones.
"""

"""Layers that give their input mean 0 and variance 1, or length 1."""

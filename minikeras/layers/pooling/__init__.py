"""Layers that make one number of a window."""

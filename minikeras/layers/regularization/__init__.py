"""Layers that put noise on what passes them while training."""

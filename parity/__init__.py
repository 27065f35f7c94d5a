"""Parity: the engine beside real Keras, number by number. ``python -m parity --help``.

The same model is built twice from one description (:mod:`parity.specs`), given the same weights and the same
batches, and every tensor is compared. Keras runs in a process of its own (:mod:`parity.worker`), one for each
of its backends. The engine never imports this package.
"""

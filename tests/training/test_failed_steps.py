"""A step that fails leaves the model at the last completed one: weights, statistics, seeds, the optimizer."""

import numpy as np
import pytest

from minikeras import Sequential, layers


class FailsAt(layers.Layer):
    """x, but an error at one of its calls in training."""

    def __init__(self, number, **kwargs):
        super().__init__(**kwargs)
        self.number, self.calls = number, 0

    def call(self, x, training=False):
        self.calls += bool(training)
        if self.calls == self.number:
            raise RuntimeError("the step fails")
        return x


def test_a_failed_step_moves_no_statistics_and_draws_nothing():
    rng = np.random.default_rng(0)
    x, y = rng.normal(2, 3, (24, 5)), rng.integers(0, 3, 24)

    def state_after(steps, fails):
        model = Sequential(
            [
                layers.Input((5,)),
                layers.Dense(4),
                layers.BatchNormalization(momentum=0.5),
                layers.Dropout(0.5, seed=3),
                FailsAt(steps + 1 if fails else -1),
                layers.Dense(3, "softmax"),
            ]
        )
        weights = np.random.default_rng(1)
        model.set_weights([weights.uniform(0.5, 1, w.shape) for w in model.get_weights()])
        model.compile("adam", "sparse_categorical_crossentropy")
        for i in range(steps):
            model.train_on_batch(x[8 * i : 8 * i + 8], y[8 * i : 8 * i + 8])
        if fails:
            with pytest.raises(RuntimeError, match="the step fails"):
                model.fit(x[16:], y[16:], batch_size=8, verbose=0)
        seeds = [layer.seed_generator.state.copy() for layer in model.layers if isinstance(layer, layers.Dropout)]
        return [*model.get_weights(), *(v.value.copy() for v in model.optimizer.variables), *seeds]

    for failed, right in zip(state_after(2, True), state_after(2, False), strict=True):
        np.testing.assert_array_equal(failed, right)

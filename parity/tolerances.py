"""How close is close enough to Keras: bounds on the norm-relative error of a tensor, or on a named difference."""

from minikeras.testing.tolerances import Tolerance

TABLE = {
    ("gradients", "float64"): Tolerance(1e-12, "double precision keeps 16 digits; a dozen sums lose one or two"),
    ("gradients", "float32"): Tolerance(1e-5, "single precision keeps 7 digits; seen 3e-7"),
    ("gradients", "rounded"): Tolerance(1e-5, "asked for in float64, but Keras computes a part of it in float32"),
    ("update", "float64"): Tolerance(1e-12, "a step is a few operations on gradients within 1e-12"),
    ("update", "float32"): Tolerance(1e-5, "as the gradients"),
    ("update", "rounded"): Tolerance(1e-5, "as the gradients"),
    ("trajectory loss", "float64"): Tolerance(1e-12, "relative, each epoch; seen 2e-16"),
    ("trajectory weights", "float64"): Tolerance(1e-10, "rounding errors add up over the steps; seen 2e-15"),
    ("trajectory accuracy", "float64"): Tolerance(0.0, "counts are integers: equal or wrong"),
    ("trajectory", "float32"): Tolerance(
        3.0, "times Keras's distance from itself (rows of each batch reversed; jit on): rounding alone does that"
    ),
    ("trajectory floor", "float32"): Tolerance(1.2e-7, "one unit in the last place: below it float32 promises nothing"),
    ("same-seed loss", "float64"): Tolerance(1e-12, "absolute, each epoch; seen 2.2e-16"),
    ("same-seed accuracy", "float64"): Tolerance(0.0, "counts are integers: equal or wrong"),
    ("same-seed weights", "float64"): Tolerance(1e-10, "rounding errors add up over the steps; seen 5.9e-15"),
    ("same-seed", "float32"): Tolerance(3.0, "times Keras's distance from itself, jit on and off, in its worst epoch"),
    ("same-seed loss floor", "float32"): Tolerance(1e-6, "below this distance float32 promises nothing"),
    ("same-seed accuracy floor", "float32"): Tolerance(1e-3, "a few rows on the fence between two classes"),
    ("same-seed weights floor", "float32"): Tolerance(1e-6, "below this distance float32 promises nothing"),
}
"""(check, dtype): the bound."""


def limit(check: str, dtype: str) -> float:
    """The bound for a check.

    >>> limit("gradients", "float64")
    1e-12
    """
    return TABLE[check, dtype].limit


JUDGED = 2.0
"""In float32 a tensor also passes if the engine is at most this many times as far from the float64 result as Keras
is: where digits cancel, fewer than seven are left."""

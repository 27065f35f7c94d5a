"""California housing: 20,640 districts of 1990 with 8 properties each; the target is the median price in dollars.

Source: R. K. Pace, R. Barry, "Sparse spatial autoregressions", 1997.
"""

from .sources import Arrays
from .tables import check_split, fetch, shuffle_and_split

NPZ = "california_housing.npz"
SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"


def load_data(version: str = "large", path: str = NPZ, test_split: float = 0.2, seed: int = 113) -> Arrays:
    """California housing from Keras's cache, minikeras's, or a verified download.

    Args (as in Keras):
        version: "large", or "small" for 600 rows.
        path: the name in the cache.
        test_split: share of the rows for testing.
        seed: of the order.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: float32, (16512, 8), (16512,), (4128, 8), (4128,).

    Raises:
        ValueError: if ``test_split`` isn't in [0, 1), or for another version.
        DataError: if the file is to be had nowhere; names every place and what helps.
    """
    check_split(test_split)
    if version not in ("small", "large"):
        raise ValueError(f"Argument `version` must be one of 'small', 'large'. Received: version={version}")
    x, y = fetch("California housing", path, SHA256)
    rows = slice(600 if version == "small" else None)
    return shuffle_and_split(x[rows], y[rows], test_split, seed)

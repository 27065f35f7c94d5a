"""Boston housing: 506 districts of 1970 with 13 properties each; the target is the median price in 1,000 dollars.

Source: D. Harrison, D. Rubinfeld, "Hedonic housing prices and the demand for clean air", 1978. One of the properties
is built from the share of Black residents and assumes that segregation raises prices: use the set to read old results,
and :mod:`~minikeras.datasets.california_housing` for new ones.
"""

from .sources import Arrays
from .tables import check_split, fetch, shuffle_and_split

NPZ = "boston_housing.npz"
SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = NPZ, test_split: float = 0.2, seed: int = 113) -> Arrays:
    """Boston housing from Keras's cache, minikeras's, or a verified download.

    Args (as in Keras):
        path: the name in the cache.
        test_split: share of the rows for testing.
        seed: of the order.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: float64, (404, 13), (404,), (102, 13), (102,).

    Raises:
        ValueError: if ``test_split`` isn't in [0, 1).
        DataError: if the file is to be had nowhere; names every place and what helps.
    """
    check_split(test_split)
    return shuffle_and_split(*fetch("Boston housing", path, SHA256), test_split, seed)

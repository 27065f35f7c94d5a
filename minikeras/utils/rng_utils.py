"""The seed of everything random."""

from ..random import set_seed


def set_random_seed(seed: int, stream: str = "tensorflow") -> None:
    """Makes everything random that follows reproducible, and the same as in Keras with this seed.

    Seeds Python's ``random`` (default seeds of initializers and Dropout come from it), NumPy's global
    generator and minikeras's own stream, and starts the generator behind seedless ``minikeras.random``
    calls anew.

    On the TensorFlow stream ``fit`` visits the rows **in the same order in every epoch**, because Keras
    3.15 on TensorFlow does once a seed is set; on the JAX stream, and without a seed, every epoch has
    another order.

    What the same seed gives again, in another process and whatever PYTHONHASHSEED, with the same versions on the
    same kind of processor:

    * Seeds, initial weights, Dropout masks and orders: the same bytes, with Numba or with ``backend="numpy"``, on
      any number of threads.
    * Weights and losses after ``fit``: the same bytes with the same backend and the same number of BLAS threads.
      Numba and NumPy sum in different orders, so between them the last bits differ.
    * The number of BLAS threads (``OPENBLAS_NUM_THREADS``) does not matter while the largest matrix product of a
      step, 2·batch·inputs·units operations, is below :data:`minikeras.threads.SMALL`: ``fit`` computes it on one
      thread. For a layer of 784 × 300 that is up to a batch of 425. Larger products are shared among the threads,
      and their last bits depend on how many there are.

    Args:
        seed: an integer from 0 to 2³² − 1.
        stream: whose numbers: "tensorflow" or "jax", as Keras 3.15 draws them on that backend.

    Raises:
        ValueError: if the seed is no such integer, or the stream unknown.

    Differs from Keras: ``stream``, which in Keras is a matter of the installed backend.

    >>> import minikeras as keras
    >>> keras.utils.set_random_seed(42)
    >>> keras.initializers.GlorotUniform()((2, 2))
    array([[ 0.8773805 ,  0.3983569 ],
           [-0.34608656,  1.1022447 ]], dtype=float32)
    """
    set_seed(seed, stream)

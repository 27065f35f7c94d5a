"""The choice of the kernels, and which recording notes their calls."""

import threading

import numpy as np

from minikeras import config
from minikeras.kernels import compiled, recorded, reference, select


def test_the_backend_and_the_dtype_choose():
    assert select("float32") is select(np.dtype("float64")) is compiled
    assert select("complex128") is reference
    with config.using(backend="numpy"):
        assert select("float32") is reference
    assert select("float32") is compiled


def test_a_recording_notes_the_calls_of_its_own_thread_alone():
    b, elsewhere = np.ones(3), np.zeros((2, 3))

    def add():
        select("float64").add_bias(elsewhere, b)

    with recorded() as calls:
        other = threading.Thread(target=add)
        other.start()
        other.join()
        with recorded() as inner:
            select("float64").add_bias(np.zeros((1, 3)), b)
        select("float64").add_bias(np.zeros((4, 3)), b)
    select("float64").add_bias(np.zeros((5, 3)), b)
    assert [len(arguments[0]) for _, arguments in inner] == [1]
    assert [len(arguments[0]) for _, arguments in calls] == [4]
    assert elsewhere.all()

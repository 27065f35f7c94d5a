"""Repeats recorded training steps without Python, on two cores.

Every step of a training calls the same kernels on the same arrays; only the rows of the data differ. So the calls of
one step are recorded (:func:`minikeras.kernels.recorded`) and then executed again and again by compiled code, as a
CUDA graph does on a GPU. How a step is computed stays defined by the layers alone.

=======================  ====================================================================
:mod:`.steps`            takes the steps of a ``fit``: the only part that others know
:mod:`.replay`           takes them by the layers, or many at once by a program
:mod:`.program`          a recorded step, ready to be run on other rows
:mod:`.instructions`     from calls to instructions; each in two parts, one for each core
:mod:`.table`            many instructions; whether cutting them changes any bit
:mod:`.operations`       the operations of an instruction: the kernels, on some columns
:mod:`.machine`          runs instructions on one core or two
:mod:`.thread_chooser`   finds out whether one core or two are faster
=======================  ====================================================================

Beside the absence of Python, two things make it fast: each core keeps to its columns of every kernel, which then fit
into its own cache; and a gradient that only an update reads is made and applied some rows at a time, so that it is
never written to memory.
"""

from .steps import Steps, steps_of

__all__ = ["Steps", "steps_of"]

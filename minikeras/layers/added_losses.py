"""Losses that layers add to what is trained: ``add_loss``, and the penalties of activities and of weights."""

from typing import Any

import numpy as np

from .. import regularizers
from ..calls import Call
from ..errors import NotRecordedError
from ..running import running
from ..structures import flat
from ..tensor import plain, wrapped
from . import within


class AddedLosses:
    """The part of a layer that adds losses."""

    activity_regularizer: Any = None
    #: Losses that ``add_loss`` gave in the layer's last call, and the layers inside that have such.
    _losses: Any = ()
    _lossy: Any = frozenset()

    def add_loss(self, loss: Any) -> None:
        """Adds a loss, or a list of them, to what is trained; called inside ``call``.

        Raises:
            NotRecordedError: inside a layer with a backward of its own, which cannot know of it.
        """
        call = running()
        owner = self if call is None else outermost(call, self)
        if self not in owner._lossy:
            self._losses = []
        owner._lossy = owner._lossy | {self}
        for one in flat(loss):
            array = np.asarray(plain(one))
            self._losses.append(wrapped(array))
            if call is not None:
                _note(call, array)

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Raises NotImplementedError, as in Keras 3."""
        raise NotImplementedError(
            "Layer `add_metric()` method is deprecated. Add your metric in `Model.compile(metrics=[...])`, or keep a "
            "metric as an attribute, update it in `call` and read its `result()`."
        )

    def _clear_losses(self) -> None:
        for layer in self._lossy:
            layer._losses = []
        self._lossy = frozenset()

    def _penalise_activity(self, outputs: Any) -> None:
        """Adds R(y) / N of the activity regularizer R for each output y of N rows."""
        for y in flat(outputs):
            self.add_loss(regularizers.Penalty(self.activity_regularizer, per_row=True)(y))

    @property
    def losses(self) -> list[Any]:
        """What was added in the last call, and the penalties of the regularizers at the present weights."""
        regularized = [p for p in self.trainable_weights if p.regularizer is not None]  # type: ignore[attr-defined]
        call = running()
        if call is not None and call.over.record:
            penalties = [regularizers.Penalty(p.regularizer)(p) for p in regularized]
        else:
            penalties = [float(p.regularizer(p.value)) for p in regularized]
        return [*(loss for layer in within.everyone(self) for loss in layer._losses), *penalties]


def outermost(call: Call, default: Any = None) -> Any:
    """The outermost layer of the layers that are being called one inside the other."""
    found, outer = default, call
    while outer is not None:
        if isinstance(outer.operation, AddedLosses):
            found = outer.operation
        elif outer.operation is None or not hasattr(outer.operation, "has_backward"):
            break
        outer = outer.outer  # type: ignore[assignment]
    return found


def _note(call: Call, loss: np.ndarray) -> None:
    """Puts a loss among those of the pass, and among the outputs of the running call if it has a gradient.

    Raises:
        NotRecordedError: if a layer whose backward does not know of it would lose its gradient.
    """
    call.over.losses.append(loss)
    if not (call.over.record and id(loss) in call.over.live):
        return
    outer: Call | None = call
    while outer is not None:
        if getattr(outer.operation, "has_backward", False) and not outer.operation.chains:
            raise NotRecordedError(
                f"A loss was added inside '{outer.operation.name}' ({type(outer.operation).__name__}), which has a "
                f"backward() of its own: its gradient would be lost. Add the loss in a layer that has none."
            )
        outer = outer.outer
    call.added += (loss,)

"""GradientTape: the derivative of what was computed inside a ``with`` block; and the gradient of a plain function.

The block is one recorded call without an operation; ``gradient`` is the chain rule over the calls that were made in it
(:mod:`minikeras.calls`).

>>> from minikeras import ops
>>> x = ops.convert_to_tensor([1.0, 2.0])
>>> with GradientTape() as tape:
...     tape.watch(x)
...     y = ops.sum(x * x)
>>> tape.gradient(y, x)                                    # 2x
array([2., 4.], dtype=float32)

Trained parameters are watched by themselves, and ``assign`` is not recorded. Tapes inside one another record the same
calls, each for its own gradients. Differs from TensorFlow: derivatives of derivatives are refused.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .calls import Call, Cotangents, Pass
from .parameter import Parameter
from .running import _running as current
from .running import running
from .structures import flat, mapped, pack
from .tensor import Tensor, value, wrapped


class GradientTape:
    """Records what is computed inside a ``with`` block; see the module.

    Args:
        persistent: True allows several calls of ``gradient``.
        watch_accessed_variables: False watches only what ``watch`` names.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent, self._all = persistent, watch_accessed_variables
        self._root: Call | None = None
        self._used = False
        self._watched: dict[int, Any] = {}
        self._token: Any = None

    def __enter__(self) -> "GradientTape":
        outer = running()
        if self._root is None:
            shared = outer is not None and isinstance(outer.operation, GradientTape)
            self._root = outer if shared else Call(self, None, Pass(record=True))  # type: ignore[assignment]
        self._outer = outer
        self._token = current.set(self._root)
        return self

    def __exit__(self, *_: object) -> None:
        current.reset(self._token)
        self._token = None

    def watch(self, tensor: Any) -> None:
        """Wants the derivative by one tensor or parameter, or by each of a structure.

        Raises:
            ValueError: for integers, which have no derivative.
        """
        for a in flat(tensor):
            array = a if isinstance(a, Parameter) else value(a)
            if not isinstance(array, Parameter | np.ndarray) or array.dtype.kind not in "fc":
                raise ValueError(f"GradientTape.watch needs tensors of floats. Received: {a!r}")
            self._watched[id(array)] = array
            self._recorded.over.live.add(id(array))

    def watched_variables(self) -> tuple[Parameter, ...]:
        """The trained parameters that the recorded calls took."""
        found = {id(p): p for p in _parameters(self._recorded) if self._wants(p)}
        return tuple(found.values())

    def reset(self) -> None:
        """Forgets what was recorded."""
        self._recorded.inner.clear()

    def stop_recording(self) -> Any:
        """A context inside which nothing is recorded."""
        return Call.root(Pass())

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: str = "none"
    ) -> Any:
        """∂ Σ target / ∂ source for every source, in their structure.

        Args:
            target: one tensor or a structure of them; the sum of all their entries is taken.
            sources: tensors that were watched or computed inside the block, and parameters.
            output_gradients: ∂L/∂target, ones by default.
            unconnected_gradients: "none" gives None for a source that the target does not depend on; "zero" zeros.

        Raises:
            RuntimeError: at the second call, unless the tape is persistent; inside another tape's block.
        """
        if self._used and not self._persistent:
            raise RuntimeError("A non-persistent GradientTape can only be used to compute one set of gradients.")
        self._used = True
        self._refuse_second_order()
        targets = [value(a) for a in flat(target)]
        given = [None] * len(targets) if output_gradients is None else [value(a) for a in flat(output_gradients)]
        ones = [
            np.ones_like(t) if dy is None else np.asarray(dy, t.dtype)
            for t, dy in zip(targets, given, strict=True)
            if isinstance(t, np.ndarray)
        ]
        found = self._back([t for t in targets if isinstance(t, np.ndarray)], ones, flat(sources))
        if unconnected_gradients == "zero":
            found = [np.zeros_like(value(a)) if d is None else d for a, d in zip(flat(sources), found, strict=True)]
        return pack(sources, map(wrapped, found))

    def jacobian(self, target: Any, sources: Any, unconnected_gradients: str = "none", **unused: Any) -> Any:
        """∂ target[i] / ∂ source[j], of shape (target's shape, source's shape); one backward pass for each i."""
        self._persistent, kept = True, self._persistent
        t = value(target)
        rows = []
        for i in np.ndindex(t.shape):
            dy = np.zeros_like(t)
            dy[i] = 1
            rows.append(flat(self.gradient(t, sources, dy, unconnected_gradients)))
        self._persistent = kept
        joined = [
            None
            if column[0] is None
            else wrapped(np.stack([value(d) for d in column]).reshape(t.shape + column[0].shape))
            for column in zip(*rows, strict=True)
        ]
        return pack(sources, joined)

    def batch_jacobian(self, target: Any, source: Any, unconnected_gradients: str = "none", **unused: Any) -> Any:
        """∂ target[n, i] / ∂ source[n, j] where rows do not depend on one another; one backward pass for each i."""
        self._persistent, kept = True, self._persistent
        t, columns = value(target), []
        for i in np.ndindex(t.shape[1:]):
            dy = np.zeros_like(t)
            dy[(slice(None), *i)] = 1
            d = self.gradient(t, source, dy, "zero" if unconnected_gradients == "zero" else "none")
            if d is None:
                self._persistent = kept
                return None
            columns.append(value(d))
        self._persistent = kept
        return wrapped(np.stack(columns, 1).reshape(t.shape + value(source).shape[1:]))

    # How it goes back.

    @property
    def _recorded(self) -> Call:
        if self._root is None:
            raise RuntimeError("GradientTape records inside its `with` block; it was not entered yet.")
        return self._root

    def _wants(self, source: Any) -> bool:
        return self._all or id(source) in self._watched

    def _refuse_second_order(self) -> None:
        call = running()
        if call is not None and call.over.record and not (call is self._root and self._is_outermost):
            raise RuntimeError(
                "GradientTape.gradient() was called while another tape or a layer records. Derivatives of derivatives "
                "are not supported: leave the outer block first, or write the first derivative with minikeras.ops."
            )

    @property
    def _is_outermost(self) -> bool:
        return self._recorded.operation is self

    def _back(self, targets: list[np.ndarray], dys: list[np.ndarray], sources: list[Any]) -> list[Any]:
        root = self._recorded
        root.over.seen.clear()
        d = Cotangents(root)
        d.add(targets, dys)
        wanted = root.over.wanted = {id(value(a)): None for a in sources if not isinstance(a, Parameter)}
        for call in reversed(root.inner):
            if call.live:
                d.go_back(call)
        root.over.wanted = {}
        found = []
        for a in sources:
            if isinstance(a, Parameter):
                found.append(a.grad.copy() if a in root.over.seen and self._wants(a) else None)
            else:
                dx = d.peek(value(a)) if wanted[id(value(a))] is None else wanted[id(value(a))]
                found.append(None if dx is None else np.array(dx))
        return found

    # What is asked of the operation of a running call.

    name, takes_arrays = "gradient_tape", False


def _parameters(call: Call) -> list[Parameter]:
    own = [] if isinstance(call.operation, GradientTape) else list(call.operation.own_parameters)
    passed = [a for a in call.given if isinstance(a, Parameter) and a.trainable]
    return own + passed + [p for inner in call.inner for p in _parameters(inner)]


def value_and_grad(f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives f(…) and its gradient by the argument number ``argnums``, or by each of several.

    Args:
        f: gives one number, or with ``has_aux`` a pair of it and anything else.

    >>> value_and_grad(lambda x, y: (x * y).sum())(np.array([1.0, 2.0]), 3.0)
    (array(9.), array([3., 3.]))
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def both(*args: Any, **kwargs: Any) -> Any:
        arguments = list(args)
        with GradientTape() as tape:
            for i in numbers:
                arguments[i] = mapped(_watchable, arguments[i])
                tape.watch(arguments[i])
            result = f(*arguments, **kwargs)
        y = result[0] if has_aux else result
        if np.size(value(y)) != 1:
            raise ValueError(f"A gradient needs a function of one number. Received: a result of shape {np.shape(y)}")
        found = list(tape.gradient(y, [arguments[i] for i in numbers], None, "zero"))
        return result, found[0] if isinstance(argnums, int) else tuple(found)

    return both


def grad(f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of f; see :func:`value_and_grad`.

    >>> grad(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        result, found = both(*args, **kwargs)
        return (found, result[1]) if has_aux else found

    return gradient


def _watchable(a: Any) -> Any:
    from .ops.core import convert_to_tensor

    return a if isinstance(a, Tensor | Parameter) else convert_to_tensor(a)

"""Cell: what SimpleRNNCell, LSTMCell and GRUCell share: weights, dropout, and the products for all steps at once.

==========  =============  ==========================================================
x           (T, N, D)      input, time first
z, dz       (T, N, G K)    pre-activations of the G gates, side by side
W, U, b     (D, G K), (K, G K), (G K,)   ``kernel``, ``recurrent_kernel``, ``bias``
h           (T + 1, N, K)  states; h[0] is the initial one
==========  =============  ==========================================================

Backpropagation through time. A step's z reaches L through its own output and through all later steps. With dh, the
sum of both, at hand when step t's turn comes (from the last step to the first), a step needs only its own derivative::

    dh ← dh + dy[t];   dz[t] from dh by the cell's equations;   dh ← dz[t] Uᵀ         (and the like for c)

What W, U, b and x get from all steps is a sum over t and n, so it is one product each after the loop::

    z = x W + b  for all steps before it;     dW = Σₜ x[t]ᵀ dz[t] = xᵀ dz,   dU = h′ᵀ dz,   db = Σ dz,   dx = dz Wᵀ

with h′ = h[:-1], the states before each step. Gates are kept by the forward pass, never computed again.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import activations, constraints, initializers, kernels, random, regularizers
from ...errors import ShapeError
from ...parameter import Parameter
from ..base import Layer, Shape

States = list[np.ndarray]
Frame = dict[str, Any]


class Cell(Layer):
    """One step of a recurrent layer, and the whole sequence of such steps.

    A subclass names its gates and defines ``loop`` and ``loop_backward``: everything between z and h.

    Attributes:
        state_size: units of each state, as in Keras.
    """

    gates = 1
    gate_names: tuple[str, ...] = ()  # the letters of the equations, in the order in which the gates stand
    quantities = {
        "h_before": ("h′, the state before the step", "h'"),
        "y": ("y = h, of the last step or of all", "y = h"),
        "dh": ("dh = dy + dz Uᵀ of the next step", r"\d{h_t} = \d{y_t} + \d{z_{t+1}} U^\top"),
        "dz": ("dz = φ′ ⊙ dh", r"\d{z} = \varphi' \odot \d{h}"),
        "dkernel": ("dW = Σₜ xᵀ dz", r"\d{W} = \sum_t x_t^\top \d{z_t}"),
        "drecurrent_kernel": ("dU = Σₜ h′ᵀ dz", r"\d{U} = \sum_t h_{t-1}^\top \d{z_t}"),
        "dbias": ("db = Σₙₜ dz", r"\d{b} = \sum_{n,t} \d{z_{nt}}"),
        "dx": ("dx = dz Wᵀ", r"\d{x} = \d{z} W^\top"),
        "dh0": ("dh of the initial state", r"\d{h_0}"),
    }
    _states = 1
    _seed_first = False  # the order in which default seeds are drawn, as in Keras
    _drops_all_at_rate_one = False  # Keras leaves dropout out at rate 1, except in SimpleRNN

    needs_floats = True

    kernel: Parameter
    recurrent_kernel: Parameter
    bias: Parameter | None

    def __init__(
        self,
        units: int,
        activation: Any,
        use_bias: bool,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        recurrent_regularizer: Any,
        bias_regularizer: Any,
        kernel_constraint: Any,
        recurrent_constraint: Any,
        bias_constraint: Any,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        if isinstance(units, bool) or not isinstance(units, int | np.integer) or units <= 0:
            raise ValueError(
                f"Received an invalid value for argument `units`, expected a positive integer, got {units}."
            )
        self.implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        generator = random.SeedGenerator(seed) if self._seed_first else None
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.seed = seed
        self.seed_generator = generator or random.SeedGenerator(seed)
        self.state_size: int | list[int] = self.units if self._states == 1 else [self.units] * self._states
        self.output_size = self.units
        self._masks_of_sequence: tuple[Any, Any] | None = None

    # Weights.

    def build(self, input_shape: Shape) -> None:
        if input_shape[-1] is None:
            raise ShapeError(f"Layer '{self.name}' needs a known last axis. Received: input_shape={input_shape}")
        wide = self.gates * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], wide),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, wide),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                self.bias_shape,
                self.initial_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """The bias at the start."""
        return self.bias_initializer(shape, dtype=dtype)  # type: ignore[misc]

    def input_bias(self) -> np.ndarray | None:
        """What is added to x W."""
        return None if self.bias is None else self.bias.value

    def get_initial_state(self, batch_size: int) -> States:
        """Zeros, one array (N, K) for each state."""
        return [np.zeros((batch_size, self.units), self._dtype) for _ in range(self._states)]

    # Dropout: one mask of the inputs and one of the states for all steps of a sequence.

    def draw_masks(self, n: int, d: int, training: bool, dtype: Any) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Masks of inputs (1 or G, N, D) and states (1 or G, N, K), of 0 and 1 / (1 − rate); None for all ones.

        One mask serves all gates, unless ``recurrent_dropout`` or ``implementation=1`` asks for one for each. As in
        Keras, each call draws, in inference too, where nothing is dropped.
        """
        return (
            self._draw(self.dropout, (n, d), training, dtype),
            self._draw(self.recurrent_dropout, (n, self.units), training, dtype),
        )

    def _draw(self, rate: float, shape: tuple[int, int], training: bool, dtype: Any) -> np.ndarray | None:
        each = self.gates if self.gates > 1 and (self.implementation == 1 or self.recurrent_dropout) else 1
        if rate == 0 or (rate == 1 and not self._drops_all_at_rate_one):
            return None
        if rate == 1:
            return np.zeros((each, *shape), dtype) if training else None
        pairs = [self.seed_generator.next() for _ in range(each)]
        if not training:
            return None
        scale = np.dtype(dtype).type(1 / (1 - rate))
        return np.stack([random.dropout_mask(pair, shape, rate, dtype) * scale for pair in pairs])

    # One step.

    def call(self, inputs: np.ndarray, states: Any, training: bool = False) -> Any:
        single = not isinstance(states, list | tuple)
        frame = self.run(inputs[None], [states] if single else list(states), None, training)
        self.save(**frame, single=single)
        return frame["last"][0], frame["last"][0] if single else frame["last"]

    def backward(self, dy: Any) -> Any:
        frame = self.saved()
        dh, dstates = dy
        dlast = [dstates] if frame["single"] else list(dstates)
        if dh is not None:
            dlast[0] = dh if dlast[0] is None else dh + dlast[0]
        dx, before = self.run_backward(frame, None, dlast)
        return None if dx is None else dx[0], before[0] if frame["single"] else before

    def compute_output_shape(self, input_shape: Any, states_shape: Any = None) -> Any:
        shape = (input_shape[0], self.units)
        return shape, [shape] * self._states

    # A whole sequence.

    def run(self, x: np.ndarray, states: States, mask: np.ndarray | None, training: bool) -> Frame:
        """All steps over x (T, N, D) from the initial states; the result holds ``h``, ``last`` and what backward needs.

        Args:
            mask: (T, N), 0 where a row makes no step.
        """
        t, n, d = x.shape
        real = x.real.dtype
        drop, keep = self._masks_of_sequence or self.draw_masks(n, d, training, real)
        run = kernels.select(x.dtype)
        wide = self.gates * self.units
        z = self.buffer("z", (t, n, wide))
        rows, w, out = x.reshape(-1, d), self.kernel.value, z.reshape(-1, wide)
        if drop is None or len(drop) == 1:
            if drop is not None:
                x = np.multiply(x, drop[0], out=self.buffer("dropped", x.shape))
            run.matmul(x.reshape(-1, d), w, out)
        else:
            for j, at in enumerate(self._parts()):
                dropped = np.multiply(x, drop[j], out=self.buffer("dropped", x.shape))
                out[:, at] = dropped.reshape(rows.shape) @ w[:, at]
        bias = self.input_bias()
        if bias is not None:
            run.add_bias(out, bias)
        h = self.buffer("h", (t + 1, n, self.units))
        h[0] = states[0]
        frame = {
            "x": x,
            "drop": drop,
            "keep": np.empty((0, n, self.units), real) if keep is None else keep,
            "mask": np.empty((0, n), real) if mask is None else mask,
            "z": z,
            "gates": z if self._fused() else self.buffer("gates", z.shape),
            "h": h,
            "work": self.buffer("work", (n, self.units)),
        }
        frame["last"] = self.loop(frame, states)
        return frame

    def run_backward(
        self, frame: Frame, dy: np.ndarray | None, dlast: list[np.ndarray | None]
    ) -> tuple[np.ndarray | None, States]:
        """dx (T, N, D) and ∂L/∂(initial states); writes the gradients of the weights.

        Args:
            dy: (T, N, K), ∂L/∂h[1:]; None where only the last states are read.
            dlast: ∂L/∂(last states), None where one is not read.
        """
        x, z = frame["x"], frame["z"]
        _, n, d = x.shape
        run = kernels.select(x.dtype)
        if dy is None:
            dy = np.empty((0, n, self.units), x.dtype)
        dstates = []
        for i, given in enumerate(dlast):
            state = self.buffer(f"dstate{i}", (n, self.units))
            state[...] = 0 if given is None else given
            dstates.append(state)
        dz = self.buffer("dz", z.shape)
        da = self.loop_backward(frame, dy, dstates, dz)
        rows, drows, w = x.reshape(-1, d), dz.reshape(-1, z.shape[-1]), self.kernel.value
        drop, wants_dx = frame["drop"], self.wants_dx
        dx = self.buffer("dx", x.shape)
        if drop is None or len(drop) == 1:
            run.matmul(rows.T, drows, self.kernel.grad)
            if wants_dx:
                run.matmul(drows, w.T, dx.reshape(-1, d))
            if wants_dx and drop is not None:
                dx *= drop[0]
        else:
            dx[...] = 0
            for j, at in enumerate(self._parts()):
                self.kernel.grad[:, at] = (x * drop[j]).reshape(-1, d).T @ drows[:, at]
                dx += drop[j] * (drows[:, at] @ w[:, at].T).reshape(x.shape)
        self._recurrent_gradients(frame, drows, da.reshape(drows.shape))
        return (dx if wants_dx else None), dstates

    def _recurrent_gradients(self, frame: Frame, dz: np.ndarray, da: np.ndarray) -> None:
        """dU and db from dz and da, the gradients of x W + b and of h′ U, as rows."""
        for j, at in enumerate(self._parts()) if len(frame["keep"]) else [(0, slice(None))]:
            self._product_with_states(frame, j, da[:, at], self.recurrent_kernel.grad[:, at])
        if self.bias is not None:
            self._bias_gradient(dz, da, self.bias.grad)

    def _bias_gradient(self, dz: np.ndarray, da: np.ndarray, db: np.ndarray) -> None:
        kernels.select(dz.dtype).sum_rows(dz, db)

    def _product_with_states(self, frame: Frame, j: int, da: np.ndarray, out: np.ndarray) -> None:
        """out = (h′ ⊙ keep_j)ᵀ da."""
        before = frame["h"][:-1]
        if len(frame["keep"]):
            before = np.multiply(before, frame["keep"][j], out=self.buffer("kept", before.shape))
        kernels.select(da.dtype).matmul(before.reshape(-1, self.units).T, da, out)

    def _parts(self) -> list[slice]:
        return [slice(j * self.units, (j + 1) * self.units) for j in range(self.gates)]

    def _fused(self) -> bool:
        """Whether the activations are the default ones, for which there are compiled loops."""
        return self.activation is activations.tanh

    def _kernel(self, name: str, dtype: Any) -> Callable[..., None]:
        """The compiled loop, or for other activations the readable one with these."""
        if self._fused():
            return getattr(kernels.select(dtype), name)
        loop = getattr(kernels.reference, name)
        chosen = {"phi": self.activation}
        if hasattr(self, "recurrent_activation"):
            chosen["sigma"] = self.recurrent_activation
        return lambda *arguments: loop(*arguments, **chosen)

    def loop(self, frame: Frame, states: States) -> States:
        """The steps between z and h; returns the last states."""
        raise NotImplementedError(f"{type(self).__name__} does not define `loop`.")

    def loop_backward(self, frame: Frame, dy: np.ndarray, dstates: States, dz: np.ndarray) -> np.ndarray:
        """Writes dz and changes dstates to those of the initial states; returns ∂L/∂(h′ U), which is dz or like it."""
        raise NotImplementedError(f"{type(self).__name__} does not define `loop_backward`.")

    def get_config(self) -> dict[str, Any]:
        own = {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": initializers.serialize(self.recurrent_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "recurrent_regularizer": regularizers.serialize(self.recurrent_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "recurrent_constraint": constraints.serialize(self.recurrent_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}

"""ConvLSTM: an LSTM whose products are convolutions, for sequences of images.

The equations are the LSTM's (:mod:`.lstm`), with P(x) W in place of x W and P(h′) U in place of h′ U, where P are the
patches of :mod:`..convolutional.base_conv`; the gates lie side by side in the last axis of z, (N, O…, 4K)::

    (1)  z = P(x) W + b + P(h′) U
    (2)  i = σ(z_i),  f = σ(z_f),  g = φ(z_g),  o = σ(z_o)
    (3)  c = f ⊙ c′ + i ⊙ g,   h = o ⊙ φ(c)

Backward of one step, given dh and dc::

    (4)  dc ← dc + φ′(c) ⊙ (dh ⊙ o)
    (5)  do = dh ⊙ φ(c),  di = dc ⊙ g,  df = dc ⊙ c′,  dg = dc ⊙ i;   dz = (σ′ di, σ′ df, φ′ dg, σ′ do)
    (6)  dW = P(x)ᵀ dz,  dU = P(h′)ᵀ dz,  db = Σ dz,  dx = Pᵀ(dz Wᵀ),  dh′ = Pᵀ(dz Uᵀ),  dc′ = dc ⊙ f

The convolution of h′ has stride 1 and padding "same", so that states keep their size.

Source: Shi, Chen, Wang, Yeung, Wong & Woo, "Convolutional LSTM network", NeurIPS 2015.
"""

from typing import Any

import numpy as np

from ... import activations, kernels, random
from ...errors import ShapeError
from ...windows import product, product_backward, product_backward_kernel, same_padding
from ..arguments import ALL
from ..base import Shape
from ..convolutional.base_conv import BaseConv
from .rnn import RNN

_OF_LAYER = ("return_sequences", "return_state", "go_backwards", "stateful", "activity_regularizer")


class ConvLSTMCell(BaseConv):
    """One step: (x, [h′, c′]) → (h, [h, c])."""

    roles = {"kernel": ALL, "recurrent_kernel": ALL, "bias": ALL}
    needs_floats = True

    def __init__(self, rank: int, arguments: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rank, self.seed = rank, arguments["seed"]
        self.seed_generator = random.SeedGenerator(self.seed)
        self._set_filters(arguments["filters"])
        window = ("kernel_size", "strides", "padding", "data_format", "dilation_rate")
        self._set_window(*(arguments[name] for name in window))
        self._refuse_stride_and_dilation()
        self.filters: int = arguments["filters"]
        self.activation = activations.get(arguments["activation"])
        self.recurrent_activation = activations.get(arguments["recurrent_activation"])
        self.use_bias, self.unit_forget_bias = arguments["use_bias"], arguments["unit_forget_bias"]
        # Keras has no initializer of the name that the weight has.
        self._set_roles({**arguments, **{f"recurrent_kernel_{k}": arguments[f"recurrent_{k}"] for k in ALL}})
        self.state_size = [self.filters, self.filters]

    def build(self, input_shape: Shape) -> None:
        spatial, _ = self._split(input_shape)
        channels = self._input_channels = self._channels(input_shape)
        if None in spatial:
            raise ShapeError(
                f"ConvLSTM layers only support static input shapes for the spatial dimension. "
                f"Received invalid input shape: input_shape={input_shape}"
            )
        self._places: tuple[int, ...] = self._positions(spatial, input_shape)  # type: ignore[assignment]
        wide = 4 * self.filters
        self.kernel = self._add("kernel", (*self.kernel_size, channels, wide))
        self.recurrent_kernel = self._add("recurrent_kernel", (*self.kernel_size, self.filters, wide))
        self.bias = self._add("bias", (wide,)) if self.use_bias else None
        if self.bias is not None and self.unit_forget_bias:
            self.bias.value[self.filters : 2 * self.filters] = 1

    def get_initial_state(self, batch_size: int) -> list[np.ndarray]:
        """Zeros for h and c."""
        return [np.zeros(self._join(batch_size, self._places, self.filters), self._dtype) for _ in range(2)]  # type: ignore[arg-type]

    def _recurrent_geometry(self) -> Any:
        one = (1,) * self.rank
        before = tuple(map(same_padding, self._places, self.kernel_size, one))
        return one, one, before

    def call(  # type: ignore[override]
        self, inputs: np.ndarray, states: Any, training: bool = False
    ) -> Any:
        x, h0, c0 = (np.ascontiguousarray(self._to_last(a, n)) for a, n in zip((inputs, *states), "xhc", strict=True))
        run, shape = kernels.select(x.dtype), (len(x), *self._places, 4 * self.filters)
        z, recurrent = np.empty(shape, x.dtype), np.empty(shape, x.dtype)
        product(run, x, self.kernel.value, z, self._patches(x), self._geometry(x.shape[1:-1]))
        product(run, h0, self.recurrent_kernel.value, recurrent, self._patches(h0), self._recurrent_geometry())
        z += recurrent
        if self.bias is not None:
            z += self.bias.value  # (1)
        zs = [np.ascontiguousarray(part) for part in np.split(z, 4, axis=-1)]
        i, f, g, o = gates = [self._applied(a, part) for a, part in zip(self._functions, zs, strict=True)]  # (2)
        c = f * c0 + i * g
        phi = self._applied(self.activation, c)
        h = o * phi  # (3)
        self.save(x=x, h0=h0, c0=c0, zs=zs, gates=gates, c=c, phi=phi)
        h, c = self._from_last(h, "h_first"), self._from_last(c, "c_first")
        return h, [h, c]

    def backward(self, dy: Any) -> Any:
        saved = self.saved()
        x, h0, c0, c, phi = (saved[name] for name in ("x", "h0", "c0", "c", "phi"))
        i, f, g, o = saved["gates"]
        dh, dh2, dc = (None if d is None else self._to_last(d, f"d{k}") for k, d in enumerate((dy[0], *dy[1])))
        dh = sum(d for d in (dh, dh2) if d is not None) + np.zeros_like(c)
        dc = self._differentiated(self.activation, dh * o, c, phi) + (0 if dc is None else dc)  # (4)
        ds = zip(self._functions, (dc * g, dc * c0, dc * i, dh * phi), saved["zs"], saved["gates"], strict=True)
        dz = np.concatenate([self._differentiated(*d) for d in ds], axis=-1)  # (5)
        run, wide = kernels.select(dz.dtype), 4 * self.filters
        geometries = self._geometry(x.shape[1:-1]), self._recurrent_geometry()
        result = []
        for a, w, geometry in zip((x, h0), (self.kernel, self.recurrent_kernel), geometries, strict=True):  # (6)
            p, da = self._patches(a), np.empty_like(a)
            product_backward_kernel(run, a, dz, w.grad, p, geometry)
            product_backward(run, dz, w.value, da, p, geometry)
            result.append(da)
        if self.bias is not None:
            self.bias.grad[...] = dz.reshape(-1, wide).sum(axis=0)
        dx, dh0, dc0 = (self._from_last(d, f"first{k}") for k, d in enumerate((*result, dc * f)))
        return dx, [dh0, dc0]

    @property
    def _functions(self) -> tuple[Any, ...]:
        return (self.recurrent_activation, self.recurrent_activation, self.activation, self.recurrent_activation)

    def _patches(self, a: np.ndarray) -> np.ndarray:
        """Memory for the patches of x or h′."""
        return np.empty((len(a), *self._places, *self.kernel_size, a.shape[-1]), a.dtype)

    def _applied(self, activation: Any, z: np.ndarray) -> np.ndarray:
        y = np.empty_like(z)
        activation.forward(z.reshape(-1, self.filters), y.reshape(-1, self.filters))
        return y

    def _differentiated(self, activation: Any, dy: np.ndarray, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        dz = np.empty_like(z)
        activation.backward(
            *(np.ascontiguousarray(a).reshape(-1, self.filters) for a in (dy, z, y)), dz.reshape(-1, self.filters)
        )
        return dz

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, _ = self._split(input_shape)
        return self._join(input_shape[0], self._positions(spatial, input_shape), self.filters)

    def get_config(self) -> dict[str, Any]:
        roles = {k.replace("recurrent_kernel", "recurrent"): v for k, v in self._roles_config().items()}
        own = {
            "filters": self.filters,
            **self._window_config(),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "unit_forget_bias": self.unit_forget_bias,
            "dropout": 0.0,
            "recurrent_dropout": 0.0,
            "seed": self.seed,
        }
        return {**super().get_config(), **own, **roles}


class ConvLSTM(RNN):
    """Convolutional LSTM: (N, T, S…, C) → (N, O…, K), or (N, T, O…, K) with ``return_sequences``.

    Args (as in Keras):
        filters: K.
        kernel_size, strides, padding, data_format, dilation_rate: of the convolution of x; see Conv2D.
        activation, recurrent_activation: φ and σ.
        unit_forget_bias: True begins with 1 as the forget gate's bias.
        return_sequences, return_state, go_backwards, stateful: see LSTM.

    Differs from Keras: ``dropout`` and ``recurrent_dropout`` are refused.
    """

    rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        arguments = dict(locals())
        for name in ("dropout", "recurrent_dropout"):
            if arguments[name]:
                raise ValueError(
                    f"{type(self).__name__} does not support `{name}` in minikeras. Received: {arguments[name]!r}"
                )
        cell = ConvLSTMCell(self.rank, arguments, name="conv_lstm_cell", dtype=kwargs.get("dtype"))
        super().__init__(cell, **{name: arguments[name] for name in _OF_LAYER}, **kwargs)

    def _shown(self, m: np.ndarray | None) -> np.ndarray | None:
        shown = super()._shown(m)
        return None if shown is None else shown.reshape(*shown.shape[:2], *(1,) * (self.rank + 1))

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        n, t = sequences_shape[:2]
        state = self.cell.compute_output_shape((n, *sequences_shape[2:]))
        shape = (n, t, *state[1:]) if self.return_sequences else state
        return (shape, state, state) if self.return_state else shape

    def get_config(self) -> dict[str, Any]:
        layer = super().get_config()
        del layer["cell"]
        return {**self.cell.get_config(), **layer}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Any:
        return cls(**layer_config)


class ConvLSTM1D(ConvLSTM):
    """Convolutional LSTM over sequences (N, T, S, C); see :class:`ConvLSTM`."""

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """Convolutional LSTM over images (N, T, H, W, C); see :class:`ConvLSTM`.

    >>> ConvLSTM2D(4, 3, return_sequences=True)(np.ones((2, 5, 8, 8, 1))).shape
    (2, 5, 6, 6, 4)
    """

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """Convolutional LSTM over volumes (N, T, S₁, S₂, S₃, C); see :class:`ConvLSTM`."""

    rank = 3

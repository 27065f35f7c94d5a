"""Random models made of symbols: several inputs and outputs, shared layers, layers of two arguments, models inside."""

from types import SimpleNamespace

import numpy as np

from minikeras import Input, Model, Sequential, layers, ops


class Product(layers.Layer):
    """z = x y"""

    def call(self, x, y):
        self.save(x=x, y=y)
        return x * y

    def backward(self, dz):
        return dz * self.saved()["y"], dz * self.saved()["x"]

    def compute_output_shape(self, x_shape, y_shape):
        return x_shape


class Raised(layers.Layer):
    """y = x + by; its shape is found by calling it."""

    def call(self, x, by=None):
        return x + by

    def backward(self, dy):
        return dy, dy


class Halves(layers.Layer):
    """[x, sin x]"""

    def call(self, x):
        self.save(x=x)
        return [x * 2.0, np.sin(x)]

    def backward(self, dy):
        doubled, sine = (np.zeros_like(self.saved()["x"]) if d is None else d for d in dy)
        return doubled * 2.0 + sine * np.cos(self.saved()["x"])


class Twice(layers.Layer):
    """A layer inside a layer, called twice; no backward of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.inner = MINE.Dense(units, "tanh")

    def get_config(self):
        return {**super().get_config(), "units": self.inner.units}

    def call(self, x):
        return self.inner(self.inner(x))

    def compute_output_shape(self, input_shape):
        return input_shape


MINE = SimpleNamespace(
    Input=Input,
    Model=Model,
    Sequential=Sequential,
    Dense=layers.Dense,
    Product=Product,
    Raised=Raised,
    Halves=Halves,
    Twice=Twice,
    ops=ops,
)


def kit_of(keras):
    """The same classes for real Keras."""

    class Product(keras.layers.Layer):
        def call(self, x, y):
            return x * y

    class Raised(keras.layers.Layer):
        def call(self, x, by=None):
            return x + by

    class Halves(keras.layers.Layer):
        def call(self, x):
            return [x * 2.0, keras.ops.sin(x)]

    class Twice(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.inner = keras.layers.Dense(units, "tanh")

        def get_config(self):
            return {**super().get_config(), "units": self.inner.units}

        def call(self, x):
            return self.inner(self.inner(x))

    parts = {c.__name__: c for c in (Product, Raised, Halves, Twice)}
    names = ("Input", "Model", "Sequential", "ops")
    return SimpleNamespace(Dense=keras.layers.Dense, **parts, **{name: getattr(keras, name) for name in names})


def custom_objects(kit):
    """The classes of a kit that are no library's own."""
    return {name: getattr(kit, name) for name in ("Product", "Raised", "Halves", "Twice")}


def random_model(rng, kit=MINE, inside=False):
    """A model of 2 to 8 nodes of the classes and ops of ``kit``; the same one for the same generator."""
    width = int(rng.integers(2, 4))
    inputs = [kit.Input((width,)) for _ in range(1 if inside else rng.integers(1, 4))]
    known, shared = list(inputs), []

    def any_of(symbols):
        return symbols[rng.integers(len(symbols))]

    made = []
    for _ in range(rng.integers(1, 3) if inside else rng.integers(2, 9)):
        kind = rng.integers(0, 5 if inside else 10)
        if kind <= 1:
            shared.append(kit.Dense(width, any_of(["tanh", "sigmoid", "softplus", None])))
            made.append(shared[-1](any_of(known)))
        elif kind == 2 and shared:
            made.append(any_of(shared)(any_of(known)))
        elif kind == 3:
            made.append(kit.Product()(any_of(known), any_of(known)))
        elif kind == 4:
            made.append(kit.Raised()(any_of(known), by=any_of(known)))
        elif kind == 5:
            made += kit.Halves()(any_of(known))
        elif kind == 6:
            model = random_model(rng, kit, inside=True)
            if model.output_shape[-1] == model.input_shape[-1] == width:
                shared.append(model)
                made.append(model(any_of(known)))
        elif kind == 8:
            made.append(kit.ops.tanh(any_of(known)) * 0.5 + any_of(known))
        elif kind == 9:
            made.append(kit.ops.concatenate([any_of(known)[:, 1:], any_of(known)[:, :1]], axis=-1))
        else:
            shared.append(kit.Sequential([kit.Input((width,)), kit.Dense(3, "tanh"), kit.Dense(width)]))
            shared.append(kit.Twice(width))
            made += [layer(any_of(known)) for layer in shared[-2:]]
        known = inputs + made
    made = made or [kit.Dense(width)(inputs[0])]
    if inside:
        return kit.Model(inputs, made[-1])
    outputs = [made[-1], *(any_of(known) for _ in range(rng.integers(0, 3)))]
    outputs = list({id(y): y for y in outputs}.values())
    form = rng.integers(0, 3)
    if form == 0:
        outputs = {f"y{i}": y for i, y in enumerate(outputs)}
    return kit.Model(inputs[0] if form == 1 and len(inputs) == 1 else inputs, outputs)


def random_arrays(model, rng, rows=3):
    """Inputs, and weights for the model."""
    for p in model.weights:
        p.assign(rng.normal(size=p.shape) * 0.7)
    return [rng.normal(size=(rows, *x.shape[1:])) for x in model.inputs]

"""The nets of :mod:`benchmarks.nets` in JAX by hand: forward passes on Keras's weights, and one jitted step."""

from typing import Any

from .nets import Task


def forward(task: Task) -> Any:
    """The function (weights, x, key) → what the loss takes: logits, or the number itself for a mean squared error."""
    import jax
    from jax import lax
    from jax import numpy as jnp

    def conv(x: Any, w: Any, padding: str) -> Any:
        return lax.conv_general_dilated(x, w, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def pool(x: Any) -> Any:
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def convnet(weights: Any, x: Any, key: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = weights
        x = pool(jax.nn.relu(conv(x, w1, "VALID") + b1))
        x = pool(jax.nn.relu(conv(x, w2, "VALID") + b2))
        x = x.reshape(len(x), -1)
        x = jnp.where(jax.random.bernoulli(key, 0.5, x.shape), 2 * x, 0)
        return x @ w3 + b3

    def vgg(weights: Any, x: Any, key: Any) -> Any:
        *below, w, b = weights
        for i in range(0, len(below), 5):
            x = conv(x, below[i], "SAME")
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            x = jax.nn.relu((x - mean) * lax.rsqrt(variance + 1e-3) * below[i + 1] + below[i + 2])
            x = pool(x) if i % 10 else x
        return x.reshape(len(x), -1) @ w + b

    def pair(weights: Any, x: Any, key: Any) -> Any:
        w1, b1, w2, b2, w3, b3 = weights
        x = jax.nn.relu(conv(x, w1, "SAME") + b1)
        return jax.nn.relu(conv(x, w2, "SAME") + b2).mean((1, 2)) @ w3 + b3

    def scanned(step: Any, z: Any, first: Any) -> Any:
        return lax.scan(step, first, z.swapaxes(0, 1))

    def zeros(x: Any, u: Any) -> Any:
        return jnp.zeros((len(x), len(u)), "float32")

    def imdb(weights: Any, x: Any, key: Any) -> Any:
        table, w, u, b, w2, b2 = weights

        def step(state: Any, z: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(z + h @ u, 4, 1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        (h, _), _ = scanned(step, table[x] @ w + b, (zeros(x, u), zeros(x, u)))
        return h @ w2 + b2

    def series(weights: Any, x: Any, key: Any) -> Any:
        w, u, b, w2, b2 = weights

        def step(h: Any, z: Any) -> Any:
            r = h @ u + b[1]
            (z1, z2, z3), (r1, r2, r3) = jnp.split(z, 3, 1), jnp.split(r, 3, 1)
            update = jax.nn.sigmoid(z1 + r1)
            return update * h + (1 - update) * jnp.tanh(z3 + jax.nn.sigmoid(z2 + r2) * r3), None

        h, _ = scanned(step, x @ w + b[0], zeros(x, u))
        return h @ w2 + b2

    def characters(weights: Any, x: Any, key: Any) -> Any:
        table, w, u, b, w2, b2 = weights

        def step(h: Any, z: Any) -> Any:
            h = jnp.tanh(z + h @ u)
            return h, h

        _, h = scanned(step, table[x] @ w + b, zeros(x, u))
        return h.swapaxes(0, 1) @ w2 + b2

    def norm(x: Any, gamma: Any, beta: Any) -> Any:
        return (x - x.mean(-1, keepdims=True)) * lax.rsqrt(x.var(-1, keepdims=True) + 1e-3) * gamma + beta

    def transformer(weights: Any, x: Any, key: Any) -> Any:
        table, wq, bq, wk, bk, wv, bv, wo, bo, g1, c1, g2, c2, w1, b1, w2, b2, w3, b3, w4, b4 = weights
        x = table[x]
        q, k, v = (jnp.einsum("ntd,dhk->nhtk", x, w) + b[:, None] for w, b in ((wq, bq), (wk, bk), (wv, bv)))
        a = jax.nn.softmax(q @ k.swapaxes(2, 3) / wq.shape[2] ** 0.5)
        h = norm(x + jnp.einsum("nhtk,hkd->ntd", a @ v, wo) + bo, g1, c1)
        h = norm(h + jax.nn.relu(h @ w1 + b1) @ w2 + b2, g2, c2)
        return jax.nn.relu(h.mean(1) @ w3 + b3) @ w4 + b4

    return locals()[task.net.layers.__name__]


class Jax:
    """A jitted step, called from Python for each batch."""

    def __init__(self, task: Task) -> None:
        import jax
        from jax import numpy as jnp

        self._jax, self.scale = jax, 1 / task.steps
        x, y = task.data()
        self._batches = [
            (jnp.asarray(x[i : i + task.batch_size]), jnp.asarray(y[i : i + task.batch_size]))
            for i in range(0, len(x), task.batch_size)
        ]
        run, name, adam, rate = forward(task), task.net.loss, task.net.optimizer == "adam", task.rate

        def loss(weights: Any, x: Any, y: Any, key: Any) -> Any:
            z = run(weights, x, key)
            if name == "mean_squared_error":
                return ((z - y) ** 2).mean()
            if name == "binary_crossentropy":
                return (jax.nn.softplus(z) - y * z).mean()
            return -jnp.take_along_axis(jax.nn.log_softmax(z), y[..., None], -1).mean()

        def step(state: Any, x: Any, y: Any) -> Any:
            w, m, v, t, total = state
            t = t + 1
            value, g = jax.value_and_grad(loss)(w, x, y, jax.random.fold_in(jax.random.key(0), t))
            if adam:
                m = [a + 0.1 * (b - a) for a, b in zip(m, g, strict=True)]
                v = [a + 0.001 * (b * b - a) for a, b in zip(v, g, strict=True)]
                alpha = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
                w = [p - alpha * a / (jnp.sqrt(b) + 1e-7) for p, a, b in zip(w, m, v, strict=True)]
            else:
                w = [p - rate * a for p, a in zip(w, g, strict=True)]
            return w, m, v, t, total + value

        self._step: Any = jax.jit(step, donate_argnums=0)

    def set_weights(self, weights: Any) -> None:
        """Onto the device, with the optimizer's state."""
        jnp = self._jax.numpy
        m, v = ([jnp.zeros(w.shape, "float32") for w in weights] for _ in range(2))
        self._state = ([jnp.array(w) for w in weights], m, v, jnp.float32(0), jnp.float32(0))

    def epoch(self) -> None:
        """One epoch."""
        state = self._state
        for x, y in self._batches:
            state = self._step(state, x, y)
        self._state = self._jax.block_until_ready(state)

    def loss(self) -> float:
        """The mean loss of the epoch."""
        return float(self._state[4]) / len(self._batches)

"""The nets of :mod:`benchmarks.nets` in eager PyTorch, as its tutorials write them."""

from typing import Any

from .nets import Task


def modules(task: Task, images_last: bool) -> Any:
    """The net as a module that gives what the loss takes: logits, or the number itself for a mean squared error.

    Its parameters are in the order of Keras's weights; ``images_last`` chooses the memory format of images.
    """
    import torch
    from torch import nn
    from torch.nn import functional as F

    s = task.sizes
    form = torch.channels_last if images_last else torch.contiguous_format

    class Last(nn.Module):
        """The output of the last step, after a recurrent module."""

        def __init__(self, inner: Any, all_steps: bool = False) -> None:
            super().__init__()
            self.inner, self.all_steps = inner, all_steps

        def forward(self, x: Any) -> Any:
            y = self.inner(x)[0]
            return y if self.all_steps else y[:, -1]

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            wide = s.heads * s.d
            self.q, self.k, self.v = (nn.Linear(s.d, wide) for _ in range(3))
            self.o = nn.Linear(wide, s.d)
            self.first, self.second = nn.LayerNorm(s.d, 1e-3), nn.LayerNorm(s.d, 1e-3)
            self.up, self.down = nn.Linear(s.d, s.d), nn.Linear(s.d, s.d)

        def forward(self, x: Any) -> Any:
            heads = lambda a: a.unflatten(2, (s.heads, s.d)).transpose(1, 2)  # noqa: E731
            a = F.scaled_dot_product_attention(heads(self.q(x)), heads(self.k(x)), heads(self.v(x)))
            h = self.first(x + self.o(a.transpose(1, 2).flatten(2)))
            return self.second(h + self.down(torch.relu(self.up(h))))

    class Mean(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.mean(1)

    class Images(nn.Module):
        """From (N, H, W, C) as the data are."""

        def forward(self, x: Any) -> Any:
            return x.permute(0, 3, 1, 2).contiguous(memory_format=form)

    class Flat(nn.Module):
        """In Keras's order."""

        def forward(self, x: Any) -> Any:
            return x.permute(0, 2, 3, 1).flatten(1)

    def convnet() -> list[Any]:
        side = ((s.side - 2) // 2 - 2) // 2
        first = [Images(), nn.Conv2d(s.c, s.k, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(s.k, 2 * s.k, 3), nn.ReLU()]
        return [*first, nn.MaxPool2d(2), Flat(), nn.Dropout(0.5), nn.Linear(side * side * 2 * s.k, 10)]

    def vgg() -> list[Any]:
        made: list[Any] = [Images()]
        c = s.c
        for block in range(s.blocks):
            for _ in range(2):
                k = s.k * 2**block
                made += [nn.Conv2d(c, k, 3, padding=1, bias=False), nn.BatchNorm2d(k, 1e-3, 0.01), nn.ReLU()]
                c = k
            made.append(nn.MaxPool2d(2))
        return [*made, Flat(), nn.Linear((s.side >> s.blocks) ** 2 * c, 10)]

    def pair() -> list[Any]:
        made = [m for _ in range(2) for m in (nn.Conv2d(s.c, s.c, 3, padding=1), nn.ReLU())]
        return [Images(), *made, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(s.c, 10)]

    def imdb() -> list[Any]:
        return [nn.Embedding(s.v, s.d), Last(nn.LSTM(s.d, s.k, batch_first=True)), nn.Linear(s.k, 1)]

    def series() -> list[Any]:
        return [Last(nn.GRU(s.d, s.k, batch_first=True)), nn.Linear(s.k, 1)]

    def characters() -> list[Any]:
        rnn = Last(nn.RNN(s.d, s.k, batch_first=True), all_steps=True)
        return [nn.Embedding(s.v, s.d), rnn, nn.Linear(s.k, s.v)]

    def transformer() -> list[Any]:
        return [nn.Embedding(s.v, s.d), Block(), Mean(), nn.Linear(s.d, s.d), nn.ReLU(), nn.Linear(s.d, 2)]

    net = nn.Sequential(*locals()[task.net.layers.__name__]())
    return net.to(memory_format=torch.channels_last) if images_last else net


class Torch:
    """A loop over the batches, with the gradients set to None before each step."""

    def __init__(self, images_last: bool, task: Task) -> None:
        import torch

        self._torch, self._task, self.scale = torch, task, 1 / task.steps
        x, y = (torch.from_numpy(a) for a in task.data())
        self._batches = list(zip(x.split(task.batch_size), y.split(task.batch_size), strict=True))
        self._net, self._name = modules(task, images_last), task.net.loss

    def set_weights(self, weights: Any) -> None:
        """From Keras's order and shapes; the recurrent modules' second bias is and stays 0 unless Keras has one."""
        torch = self._torch
        given = [torch.from_numpy(w) for w in weights]
        with torch.no_grad():
            for module in self._net.modules():
                if isinstance(module, torch.nn.Embedding):
                    module.weight.copy_(given.pop(0))
                elif isinstance(module, torch.nn.Conv2d):
                    module.weight.copy_(given.pop(0).permute(3, 2, 0, 1))
                    if module.bias is not None:
                        module.bias.copy_(given.pop(0))
                elif isinstance(module, torch.nn.Linear):
                    module.weight.copy_(given.pop(0).reshape(module.weight.T.shape).T)
                    module.bias.copy_(given.pop(0).reshape(-1))
                elif isinstance(module, torch.nn.BatchNorm2d):
                    for a in (module.weight, module.bias, module.running_mean, module.running_var):
                        a.copy_(given.pop(0))
                elif isinstance(module, torch.nn.LayerNorm):
                    module.weight.copy_(given.pop(0))
                    module.bias.copy_(given.pop(0))
                elif isinstance(module, torch.nn.RNNBase):
                    self._set_recurrent(module, *(given.pop(0) for _ in range(3)))
        adam = self._task.net.optimizer == "adam"
        kind = torch.optim.Adam if adam else torch.optim.SGD
        self._optimizer = kind(self._net.parameters(), lr=self._task.rate, **({"eps": 1e-7} if adam else {}))

    def _set_recurrent(self, module: Any, w: Any, u: Any, b: Any) -> None:
        if isinstance(module, self._torch.nn.GRU):  # Keras: update, reset, new; PyTorch: reset, update, new
            w, u, b = (self._torch.cat([a.chunk(3, -1)[i] for i in (1, 0, 2)], -1) for a in (w, u, b))
        module.weight_ih_l0.copy_(w.T)
        module.weight_hh_l0.copy_(u.T)
        module.bias_ih_l0.copy_(b if b.ndim == 1 else b[0])
        module.bias_hh_l0.copy_(b[1] if b.ndim == 2 else 0 * b)
        module.bias_hh_l0.requires_grad_(b.ndim == 2)

    def _loss(self, z: Any, y: Any) -> Any:
        F = self._torch.nn.functional
        if self._name == "mean_squared_error":
            return F.mse_loss(z, y)
        if self._name == "binary_crossentropy":
            return F.binary_cross_entropy_with_logits(z, y)
        return F.cross_entropy(z.flatten(0, -2), y.flatten())

    def epoch(self) -> None:
        """One epoch."""
        losses = []
        for x, y in self._batches:
            self._optimizer.zero_grad()
            loss = self._loss(self._net(x), y)
            loss.backward()
            self._optimizer.step()
            losses.append(loss.detach())
        self._losses = losses

    def loss(self) -> float:
        """The mean loss of the epoch."""
        return float(self._torch.stack(self._losses).mean())

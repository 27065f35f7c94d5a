"""Decoupled weight decay: w ← w − w · λ · η, whatever the gradient is.

Source: Loshchilov and Hutter 2019.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from .. import kernels
from ..parameter import Parameter
from ..scalars import scalar


class WeightDecay:
    """The part of an optimizer that shrinks weights, equation (4) of :mod:`minikeras.optimizers.base`."""

    weight_decay: float | None
    _excluded: Any = ()
    _excluded_pattern: re.Pattern[str] | None = None

    def exclude_from_weight_decay(
        self, var_list: Iterable[Parameter] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leaves some parameters out of equation (4); each call replaces the one before.

        Args:
            var_list: the parameters.
            var_names: regular expressions looked for in the parameters' paths; ["bias"] excludes all biases.
        """
        self._excluded = list(var_list or ())
        self._excluded_pattern = re.compile("|".join(var_names)) if var_names else None

    @property
    def _decays(self) -> bool:
        """False if no parameter has a λ."""
        return self.weight_decay is not None

    def _decay(self, parameters: Sequence[Parameter], rate: float) -> None:
        """Equation (4)."""
        for p in parameters:
            decay, number = self._decay_of(p), p.dtype.type
            if decay is not None and self._use_weight_decay(p):
                kernels.select(p.dtype).weight_decay(p.value, scalar(decay, p.dtype), number(rate))

    def _decay_of(self, p: Parameter) -> float | None:
        """λ of one parameter."""
        return self.weight_decay

    def _use_weight_decay(self, p: Parameter) -> bool:
        by_name = self._excluded_pattern is not None and self._excluded_pattern.search(p.path)
        return not by_name and not any(p is q for q in self._excluded)

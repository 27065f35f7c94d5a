"""What a model was compiled with, in Keras's compile_config, and back."""

from typing import Any

from .. import config, losses, metrics, optimizers
from ..errors import UnsupportedError
from ..models.sequential import Sequential
from .places import Arrays

_IGNORED = {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": "auto"}


def describe(model: Any) -> dict[str, Any]:
    """The compile_config of a compiled model."""
    loss, arguments = model.loss, model._compile_arguments
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": _loss_config(loss if loss is None or isinstance(loss, str | dict) else losses.serialize(loss)),
        "loss_weights": arguments.get("loss_weights"),
        **{name: _metric_configs(arguments[name]) for name in ("metrics", "weighted_metrics")},
        **{name: arguments.get(name, value) for name, value in _IGNORED.items()},
    }


def restore(model: Sequential, tree: Any, arrays: Arrays, custom_objects: dict[str, Any] | None) -> None:
    """Compiles a model as a compile_config says; the learning rate gets the dtype that it has among the arrays.

    Raises:
        UnsupportedError, ValueError: for what minikeras has not.
    """
    if tree.get("loss_weights") is not None:
        raise UnsupportedError("`loss_weights` needs several outputs; a Sequential has one")
    rate = arrays.get("optimizer/vars/1")
    floatx = rate.dtype.name if rate is not None and rate.shape == () and rate.dtype.kind == "f" else config.floatx()
    with config.using(floatx=floatx):
        optimizer = optimizers.deserialize(tree.get("optimizer"), custom_objects)
        loss = _loss_from(tree.get("loss"), custom_objects)
        own = {name: _metrics_from(tree.get(name), custom_objects) for name in ("metrics", "weighted_metrics")}
        model.compile(optimizer=optimizer, loss=loss, **own)
        model._compile_arguments |= {name: tree.get(name, value) for name, value in _IGNORED.items()}
        if model.built and optimizer is not None:
            optimizer.build(model.trainable_weights)


def _loss_config(value: Any) -> Any:
    """A cross-entropy's ``mode`` stands beside the config, where Keras, which has none, does not look."""
    if not isinstance(value, dict) or "mode" not in value.get("config", {}):
        return value
    own = dict(value["config"])
    return {**value, "minikeras": {"mode": own.pop("mode")}, "config": own}


def _loss_from(value: Any, custom_objects: dict[str, Any] | None) -> Any:
    if not isinstance(value, dict):
        return value
    if "minikeras" in value:
        value = {**value, "config": {**value["config"], **value["minikeras"]}}
    return losses.deserialize(value, custom_objects)


def _metric_configs(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return [_metric_configs(item) for item in value]
    if isinstance(value, dict):
        return {name: _metric_configs(item) for name, item in value.items()}
    return metrics.serialize(value)


def _metrics_from(value: Any, custom_objects: dict[str, Any] | None) -> Any:
    if isinstance(value, list | tuple):
        return [_metrics_from(item, custom_objects) for item in value]
    if isinstance(value, dict) and "class_name" in value:
        return metrics.deserialize(value, custom_objects)
    if isinstance(value, dict):
        return {name: _metrics_from(item, custom_objects) for name, item in value.items()}
    return value

"""What a model was compiled with, in Keras's compile_config, and back."""

from typing import Any

from .. import losses, metrics, optimizers

_IGNORED = {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": "auto"}


def describe(model: Any) -> dict[str, Any]:
    """The compile_config of a compiled model."""
    loss, arguments = model.loss, model._compile_arguments
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": _mapped(_loss_config, loss),
        "loss_weights": arguments.get("loss_weights"),
        **{name: _mapped(metrics.serialize, arguments[name]) for name in ("metrics", "weighted_metrics")},
        **{name: arguments.get(name, value) for name, value in _IGNORED.items()},
    }


def restore(model: Any, tree: dict[str, Any]) -> None:
    """Compiles a model as a compile_config says.

    Raises:
        UnsupportedError, ValueError: for what minikeras has not.
    """
    optimizer = optimizers.deserialize(tree.get("optimizer"))
    model.compile(
        optimizer=optimizer,
        loss=_mapped(_loss_from, tree.get("loss")),
        loss_weights=tree.get("loss_weights"),
        **{name: _mapped(metrics.deserialize, tree.get(name)) for name in ("metrics", "weighted_metrics")},
        **{name: tree.get(name, value) for name, value in _IGNORED.items()},
    )
    if model.built and optimizer is not None:
        optimizer.build(model.trainable_weights)


def _mapped(function: Any, value: Any) -> Any:
    """A function of each object, or each config, in lists and dictionaries of them; names stay as they are."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return [_mapped(function, item) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {name: _mapped(function, item) for name, item in value.items()}
    return function(value)


def _loss_config(loss: Any) -> Any:
    """A cross-entropy's ``mode`` stands beside the config, where Keras, which has none, does not look."""
    value = loss if isinstance(loss, dict) else losses.serialize(loss)
    if not isinstance(value, dict) or "mode" not in value.get("config", {}):
        return value
    own = dict(value["config"])
    return {**value, "minikeras": {"mode": own.pop("mode")}, "config": own}


def _loss_from(value: Any) -> Any:
    if "minikeras" in value:
        value = {**value, "config": {**value["config"], **value["minikeras"]}}
    return losses.deserialize(value)

"""Names of ``keras.distribution``: everything runs on one machine's processor, so most raise where they are used.

>>> list_devices(), get_device_count(), distribution()
(['cpu:0'], 1, None)
"""

from .errors import missing

_MISSING = [
    "DataParallel",
    "DeviceMesh",
    "LayoutMap",
    "ModelParallel",
    "TensorLayout",
    "distribute_tensor",
    "initialize",
    "set_distribution",
]

__all__ = sorted([*_MISSING, "distribution", "get_device_count", "list_devices"])

globals().update(
    {name: missing(f"keras.distribution.{name}", "It computes on one machine's processor.") for name in _MISSING}
)


def list_devices(device_type: str | None = None) -> list[str]:
    """The processor, or nothing for another type of device."""
    return ["cpu:0"] if device_type in (None, "cpu", "CPU") else []


def get_device_count(device_type: str | None = None) -> int:
    """Number of devices of a type."""
    return len(list_devices(device_type))


def distribution() -> None:
    """None: nothing is distributed."""

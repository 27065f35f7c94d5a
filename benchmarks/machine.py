"""Where it was measured: processor, cores, libraries and how busy it was."""

import os
import platform
from typing import Any

PACKAGES = ("numpy", "numba", "keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "scikit-learn")


def facts() -> dict[str, Any]:
    """Everything about the machine that the figures depend on."""
    from threadpoolctl import threadpool_info

    from minikeras.cli.run_folder import versions

    from .worker import available_cores

    return {
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": available_cores(),
        "load before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "blas": [
            {key: pool[key] for key in ("internal_api", "version", "num_threads", "architecture") if key in pool}
            for pool in threadpool_info()
            if pool["user_api"] == "blas"
        ],
        "versions": versions(PACKAGES),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()

"""The floors of the house: a module imports from its own floor or from below, never from above."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "minikeras"

FLOORS = {
    "config": 0,
    "console": 0,
    "errors": 0,
    "scalars": 0,
    "threads": 0,
    "tree": 0,
    "dtype_policies": 1,
    "registry": 1,
    "kernels": 1,
    "arithmetic": 2,
    "calls": 2,
    "operation": 2,
    "parameter": 2,
    "program": 2,
    "workspace": 2,
    "random": 2,
    "tensor": 2,
    "initializers": 2,
    "graph": 2,
    "activations": 3,
    "constraints": 3,
    "layers": 3,
    "losses": 3,
    "ops": 3,
    "metrics": 3,
    "optimizers": 3,
    "regularizers": 3,
    "variable": 3,
    "tape": 3,
    "progress": 4,
    "callbacks": 4,
    "datasets": 4,
    "models": 4,
    "plotting": 4,
    "saving": 4,
    "training": 4,
    "utils": 4,
    "backend": 4,
    "distribution": 4,
    "mixed_precision": 4,
    "preprocessing": 4,
    "quantizers": 4,
    "wrappers": 5,
    "__init__": 5,
    "__main__": 5,
    "cli": 5,
    "testing": 5,
    "tracing": 5,
}

STRANGERS = {  # rooms of one floor that must not know each other
    "losses": {"layers", "metrics", "optimizers"},
    "optimizers": {"layers", "losses", "metrics"},
    "layers": {"losses", "metrics", "optimizers"},
}

DOORS = {  # a method of convenience that opens a higher room, inside the method and nowhere else
    ("arithmetic.py", "ops"): "a + b",
    ("training/step.py", "tracing"): "model.trace()",
    ("config.py", "dtype_policies"): "dtype_policy()",
}

FRAMEWORKS = {"keras", "tensorflow", "tf_keras", "jax", "torch", "autograd"}


def room(parts):
    return parts[1] if len(parts) > 1 else "__init__"


def module_parts(path, root):
    parts = ["minikeras", *path.relative_to(root).with_suffix("").parts]
    return parts[:-1] if parts[-1] == "__init__" else parts


def imported(path, root=ROOT):
    """Every module a file imports anywhere in it, as (line, parts of the full name, whether at the top)."""
    here = module_parts(path, root)
    package = here if path.name == "__init__.py" else here[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        top = getattr(node, "col_offset", 0) == 0
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split("."), top
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            for alias in node.names:
                yield node.lineno, [*base, alias.name], top


def upward_edges(path, root=ROOT):
    """What is wrong with a file's imports, in words."""
    here = room(module_parts(path, root))
    for line, target, top in imported(path, root):
        if target[0] != "minikeras":
            continue
        there = room(target)
        if there not in FLOORS:  # a name from minikeras/__init__.py itself
            there = "__init__"
            if target[1:] == ["__version__"]:
                continue
        if (path.relative_to(root).as_posix(), there) in DOORS and not top:
            continue
        if FLOORS[there] > FLOORS[here]:
            yield f"{path}:{line}: {here} (floor {FLOORS[here]}) imports {there} (floor {FLOORS[there]})"
        if there in STRANGERS.get(here, ()):
            yield f"{path}:{line}: {here} must not know {there}"


FILES = sorted(path for path in ROOT.rglob("*.py"))


def test_every_room_has_a_floor():
    assert len(FILES) > 50
    assert {room(module_parts(path, ROOT)) for path in FILES} <= set(FLOORS)


def test_no_module_imports_from_a_higher_floor():
    wrong = [edge for path in FILES for edge in upward_edges(path)]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_a_deep_learning_library():
    wrong = [(str(path), line) for path in FILES for line, name, _ in imported(path) if name[0] in FRAMEWORKS]
    assert not wrong


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("kernels/reference/dense.py", "from ...layers import Dense"),
        ("kernels/__init__.py", "from .. import parameter"),
        ("layers/dense.py", "from ..models.sequential import Sequential"),
        ("layers/dense.py", "def f():\n    from minikeras import Sequential"),
        ("layers/dense.py", "import minikeras.training.trainer"),
        ("errors.py", "from .registry import Registry"),
        ("losses/base.py", "from ..layers import Dense"),
        ("optimizers/base.py", "from .. import losses"),
        ("training/trainer.py", "from ..tracing.trace import trace_step"),
    ],
)
def test_an_upward_edge_is_seen(tmp_path, file, line):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line)
    assert list(upward_edges(path, tmp_path))

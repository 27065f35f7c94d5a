"""The floors of the house: imports lead to the same floor or below, never upwards, and never in a circle of files.

Imports inside functions count too.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "minikeras"

FLOORS = {
    name: floor
    for floor, names in enumerate(
        (
            "atomic config console custom_objects dtype_policies errors registry running structures"
            " threads tree windows",
            "kernels",
            "calls graph operation parameter random scalars tensor workspace",
            "activations constraints initializers ops regularizers",
            "layers losses metrics optimizers tape variable",
            "callbacks progress quantizers replay saving training",
            "applications backend bugs datasets distribution legacy mixed_precision models page plotting preprocessing"
            " testing tracing utils",
            "__init__ __main__ cli wrappers",
        )
    )
    for name in names.split()
}

STRANGERS = {  # rooms of one floor that must not know each other
    "losses": {"layers", "metrics", "optimizers"},
    "optimizers": {"layers", "losses", "metrics"},
    "layers": {"losses", "metrics", "optimizers"},
}

FRAMEWORKS = {"keras", "tensorflow", "tf_keras", "jax", "torch", "autograd"}


def room(parts):
    return parts[1] if len(parts) > 1 else "__init__"


def module_parts(path, root):
    parts = ["minikeras", *path.relative_to(root).with_suffix("").parts]
    return parts[:-1] if parts[-1] == "__init__" else parts


@cache
def imported(path, root=ROOT):
    """Every module a file imports, at its top or inside a function, as (line, parts of the full name)."""
    return list(_imported(path, root))


def _imported(path, root):
    here = module_parts(path, root)
    package = here if path.name == "__init__.py" else here[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            for alias in node.names:
                yield node.lineno, [*base, alias.name]


def upward_edges(path, root=ROOT):
    """What is wrong with a file's imports, in words."""
    here = room(module_parts(path, root))
    for line, target in imported(path, root):
        if target[0] != "minikeras":
            continue
        there = room(target)
        if there not in FLOORS:  # a name from minikeras/__init__.py itself
            there = "__init__"
            if target[1:] == ["__version__"]:
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


def imports_of_files(root=ROOT):
    """File to the files that it imports, inside functions too; a package's own files do not count for its __init__."""
    files = {".".join(module_parts(path, root)): path for path in root.rglob("*.py")}
    edges = {}
    for name, path in files.items():
        edges[name] = set()
        for _, parts in imported(path, root):
            target = next((t for t in (".".join(parts), ".".join(parts[:-1])) if t in files), None)
            inside = target is None or target == name or name.startswith(f"{target}.")
            if not inside:
                edges[name].add(target)
    return edges


def circles(edges):
    """The strongly connected components of more than one file (Tarjan 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in edges[v]:
            if w not in index:
                visit(w)
            if w in stack:
                low[v] = min(low[v], low[w])
        if low[v] == index[v]:
            at = stack.index(v)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for v in edges:
        if v not in index:
            visit(v)
    return found


def test_no_files_import_each_other_in_a_circle():
    assert not circles(imports_of_files())


def test_a_circle_is_seen(tmp_path):
    for file, line in {
        "a.py": "from .b import f",
        "b.py": "def f():\n    from . import c",
        "c.py": "from . import a",
    }.items():
        (tmp_path / file).write_text(line)
    assert circles(imports_of_files(tmp_path)) == [["minikeras.a", "minikeras.b", "minikeras.c"]]


def test_no_module_imports_a_deep_learning_library():
    wrong = [(str(path), line) for path in FILES for line, name in imported(path, ROOT) if name[0] in FRAMEWORKS]
    assert not wrong


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("kernels/reference/dense.py", "from ...layers import Dense"),
        ("kernels/__init__.py", "from .. import parameter"),
        ("layers/dense.py", "from ..models.sequential import Sequential"),
        ("layers/dense.py", "def f():\n    from minikeras import Sequential"),
        ("layers/dense.py", "import minikeras.training.trainer"),
        ("errors.py", "from .workspace import Workspace"),
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

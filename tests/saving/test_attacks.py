"""The published attacks on Keras's loader, in miniature: each refused, nothing executed, read or written outside.

Each test builds the hostile file by hand from a good one. ``refused`` fails the test if anything is run, or any file
is opened but the hostile one.
"""

import io
import json
import re
import tarfile
import zipfile

import h5py
import numpy as np
import pytest

import minikeras
from minikeras import saving
from minikeras.errors import DataError, UnsupportedError
from minikeras.saving import limits

from .attacks import lambda_config, layer_of, members_of, rebuilt, refused, watching
from .models import stack


@pytest.fixture
def good(tmp_path):
    stack(minikeras).save(tmp_path / "good.keras")
    return tmp_path / "good.keras"


def test_the_canary_sings(good, tmp_path):
    """The watch does see what it has to see."""
    watching.append(set())
    exec("1")
    open(good, "rb").close()
    assert watching.pop() >= {"exec", f"open {good}"}


@pytest.mark.parametrize("safe_mode", [True, False])
def test_lambda_bytecode(good, safe_mode):
    """CVE-2024-3660: a Lambda layer carries marshalled bytecode."""
    path = rebuilt(good, layer_of("Lambda", {"function": lambda_config()}))
    refused(path, UnsupportedError, "__lambda__", safe_mode=safe_mode)


def test_lambda_bytecode_as_an_activation_and_in_custom_objects(good):
    def change(tree):
        tree["config"]["layers"][1]["config"]["activation"] = lambda_config()

    refused(rebuilt(good, change), UnsupportedError, "__lambda__")
    refused(rebuilt(good, change), UnsupportedError, "__lambda__", custom_objects={"mine": len})


@pytest.mark.parametrize(
    ("module", "name", "config"),
    [
        ("builtins", "function", "eval"),
        ("os", "function", "system"),
        ("subprocess", "Popen", {"args": ["touch", "pwned"]}),
        ("keras.src.utils.file_utils", "get_file", {"origin": "http://127.0.0.1/x"}),
        ("keras.utils", "get_file", {"fname": "pwned", "origin": "file:///etc/passwd"}),
        ("keras.config", "enable_unsafe_deserialization", {}),
        ("keras.layers", "Dense.__init__", {}),
        ("builtins", "__tensor__", {"value": [1], "dtype": "float32"}),
    ],
)
@pytest.mark.parametrize("where", ["activation", "kernel_initializer", "kernel_regularizer", "dtype", "compile"])
def test_a_module_and_a_function_by_name(good, module, name, config, where):
    """CVE-2025-1550 and CVE-2025-8747: config.json names any function of any module, Keras's own among them."""
    evil = {"module": module, "class_name": name, "config": config, "registered_name": name}

    def change(tree):
        if where == "compile":
            tree["compile_config"]["metrics"] = [evil]
        else:
            tree["config"]["layers"][1]["config"][where] = evil

    refused(rebuilt(good, change))


def test_a_module_and_a_function_as_a_layer_or_as_the_model(good):
    refused(rebuilt(good, layer_of("function", {}, module="os")), UnsupportedError, "layer 1")

    def change(tree):
        tree.update(module="os", class_name="system")

    refused(rebuilt(good, change), UnsupportedError, "'system'")

    def foreign(tree):
        tree["config"]["layers"][1]["module"] = "os"

    refused(rebuilt(good, foreign), UnsupportedError, "nothing is imported by name")


@pytest.mark.parametrize("name", ["evil.h5", "evil.hdf5", "evil.keras", "evil"])
def test_legacy_files(name, tmp_path):
    """CVE-2025-9905: the legacy h5 format ignores safe mode in Keras. Here its config is checked as any other."""
    with h5py.File(tmp_path / name, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Lambda", "config": {"function": "x"}})
    refused(tmp_path / name)


def test_safe_mode_switched_off_by_the_file(good):
    """CVE-2025-9906: a config that turns safe mode off, then carries code."""

    def change(tree):
        evil = {"module": "keras.config", "class_name": "function", "config": "enable_unsafe_deserialization"}
        tree["config"]["layers"][1]["config"]["kernel_initializer"] = evil
        tree["safe_mode"] = tree["config"]["safe_mode"] = False
        layer_of("Lambda", {"function": lambda_config()})(tree)

    refused(rebuilt(good, change), UnsupportedError)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("TFSMLayer", {"filepath": "model"}),
        ("TorchModuleWrapper", {"module": "gASV"}),
        ("JaxLayer", {}),
    ],
)
def test_layers_that_read_files_or_run_code(good, name, own):
    """CVE-2025-12058 (file and URL reads), CVE-2026-1462 (a SavedModel inside), CVE-2025-49655 (pickled modules)."""
    refused(rebuilt(good, layer_of(name, own)), UnsupportedError, f"is a '{name}', which minikeras does not have")


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("StringLookup", "/etc/passwd"),
        ("IntegerLookup", "http://127.0.0.1/x"),
        ("TextVectorization", "/etc/passwd"),
    ],
)
def test_lookups_read_no_file_that_a_config_names(good, name, vocabulary):
    """CVE-2025-12058 (file and URL reads)."""
    getattr(minikeras.layers, name)  # imported before the watch begins
    refused(rebuilt(good, layer_of(name, {"vocabulary": vocabulary})), UnsupportedError, "names a vocabulary file")


def test_a_tar_in_place_of_the_zip(good):
    """CVE-2025-12060: traversal on unpacking a tar."""
    path = good.with_name("evil.keras")
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("../pwned")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"evil"))
    refused(path, DataError)


@pytest.mark.parametrize("name", ["../pwned", "/pwned", "assets/../../pwned", "..\\pwned", "C:\\pwned", "a/.."])
def test_zip_slip(good, name):
    refused(rebuilt(good, extra={name: b"x"}), DataError, "leads out")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice(good):
    path = rebuilt(good)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
    refused(path, DataError, "two members")


def test_zip_bombs(good):
    for name, size in (("config.json", 8 * limits.MIB), ("config.json", 20 * limits.MIB), ("model.weights.h5", 2**26)):
        members = members_of(good) | {name: b" " * size}
        path = good.with_name("evil.keras")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in members.items():
                archive.writestr(member, data)
        refused(path, DataError, "bomb|limit")
        refused(path, DataError, "bomb|limit", load=saving.inspect)


def test_too_many_members_and_an_encrypted_one(good):
    refused(rebuilt(good, extra={f"a{i}": b"" for i in range(limits.MEMBERS)}), DataError, "members")
    data = bytearray(rebuilt(good).read_bytes())
    start = data.rindex(b"PK\x01\x02", 0, data.rindex(b"config.json"))
    data[start + 8] |= 1
    path = good.with_name("evil.keras")
    path.write_bytes(data)
    refused(path, DataError, "encrypted")


def test_json_bombs(good):
    for text in ("[" * 100_000, '{"a":' * 100_000, "1" * 100_000, '{"class_name": NaN}', "[]", "null", '"x"', "\xff"):
        path = rebuilt(good, extra={"config.json": text.encode("latin1")})
        refused(path, ValueError)
        if "NaN" not in text:
            refused(path, ValueError, load=saving.inspect)

    def deep(tree):
        node = tree
        for _ in range(limits.DEPTH + 1):
            node["a"] = {}
            node = node["a"]

    refused(rebuilt(good, deep), DataError, "nested deeper")
    refused(rebuilt(good, lambda tree: tree.update(a=[0] * limits.NODES)), DataError, "entries")


def test_sizes_that_only_the_config_claims(good):
    """Memory is asked for only once the file's array has proved to have that shape."""

    def huge(tree):
        tree["config"]["layers"][1]["config"]["units"] = 10**12

    refused(rebuilt(good, huge), DataError, "needs an array of shape")

    def wide(tree):
        tree["config"]["layers"][0]["config"]["batch_shape"] = [None, 2**30]

    refused(rebuilt(good, wide), DataError, "of shape")
    for shape in ([None, 2**31], [None, -1], [None, "6"], "6", [], [None] * 40, 5, [None, 1.5]):

        def wrong(tree, shape=shape):
            tree["config"]["layers"][0]["config"]["batch_shape"] = shape

        refused(rebuilt(good, wrong), DataError)


def weights_with(good, change):
    buffer = io.BytesIO(members_of(good)["model.weights.h5"])
    with h5py.File(buffer, "a") as file:
        change(file)
    return buffer.getvalue()


def external_link(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/secret.h5", "/x")


def soft_link(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense_1/vars/0")


def linked_group(file):
    file["layers/evil"] = h5py.ExternalLink("/etc/secret.h5", "/x")


def external_storage(file):
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (6, 5), "float32", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def virtual(file):
    del file["layers/dense/vars/0"]
    layout = h5py.VirtualLayout((6, 5), "float32")
    layout[:] = h5py.VirtualSource("/etc/secret.h5", "x", (6, 5))
    file.create_virtual_dataset("layers/dense/vars/0", layout)


def shape_bomb(file):
    file.create_dataset("layers/bomb", (2**15, 2**15), "float32", chunks=(64, 64), compression="gzip")


def strings(file):
    del file["layers/dense/vars/1"]
    file["layers/dense/vars/1"] = ["a"] * 5


def references(file):
    file.create_dataset("layers/refs", (1,), h5py.ref_dtype)[0] = file["layers"].ref


def a_type(file):
    file["layers/type"] = np.dtype("float32")


def loop(file):
    file["layers/loop"] = file["layers"]


HDF5 = [
    external_link,
    soft_link,
    linked_group,
    external_storage,
    virtual,
    shape_bomb,
    strings,
    references,
    a_type,
    loop,
]


@pytest.mark.parametrize("change", HDF5)
def test_hdf5_that_leads_elsewhere_or_unpacks_to_too_much(good, change):
    data = weights_with(good, change)
    path = rebuilt(good, weights=data)
    refused(path, DataError)
    refused(path, DataError, load=saving.inspect)
    path = good.with_name("evil.weights.h5")
    path.write_bytes(data)
    refused(path, DataError, load=stack(minikeras).load_weights)


@pytest.mark.parametrize("array", [np.array([object()]), np.array(["a"]), np.zeros(2, "i4,f4"), np.zeros(2, "M8[s]")])
def test_npz_of_anything_but_numbers(array, tmp_path):
    """A pickle inside an .npy is not read; allow_pickle is nowhere."""
    path = tmp_path / "evil.npz"
    np.savez(path, **{"layers/dense/vars/0": array})
    refused(path, DataError, load=stack(minikeras).load_weights)


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(-1,)", "(2**3,)", "(True,)", "('a',)", "__import__('os')"])
def test_npz_whose_header_lies(shape, tmp_path):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16)
    path = tmp_path / "evil.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("layers/dense/vars/0.npy", data)
    refused(path, DataError, load=stack(minikeras).load_weights)


def test_inspect_prints_no_control_characters(good):
    def change(tree):
        tree["config"]["name"] = "a\x1b]0;evil\x07\n\x1b[2J" + "x" * 1000

    name = saving.inspect(rebuilt(good, change))["model"]["name"]
    assert name.isprintable()
    assert 200 < len(name) < 220


@pytest.mark.parametrize("change", [layer_of("Lambda", {"function": lambda_config()}), layer_of("Dense", {}, "os")])
def test_inspect_says_that_a_file_would_be_refused_and_runs_nothing(good, change):
    path = rebuilt(good, change)
    watching.append(set())
    refusal = saving.inspect(path)["refused"]
    assert watching.pop() == {f"open {path}"}
    assert re.search("code, tensors and types|nothing is imported by name", refusal)

"""TensorBoard, SwapEMAWeights and RemoteMonitor; console settings."""

import json
import logging
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import numpy as np
import pytest

import minikeras as keras
from minikeras import config
from minikeras.callbacks import RemoteMonitor, SwapEMAWeights, TensorBoard


def train(*callbacks, epochs=2, **options):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 3)), rng.integers(0, 2, 12)
    model = keras.Sequential([keras.layers.Dense(2, activation="softmax", input_shape=(3,))])
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    options = {"verbose": 0, "validation_data": (x, y), "batch_size": 4, **options}
    return model, model.fit(x, y, epochs=epochs, callbacks=list(callbacks), **options)


def events(folder):
    """What TensorBoard's own reader finds: {tag: [(step, value)]}."""
    tensorboard = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    reader = tensorboard.EventAccumulator(str(folder), size_guidance={"tensors": 0})
    reader.Reload()
    from tensorboard.util.tensor_util import make_ndarray

    return {
        tag: [(e.step, make_ndarray(e.tensor_proto)) for e in reader.Tensors(tag)] for tag in reader.Tags()["tensors"]
    }


def test_tensorboard_reads_what_was_written(tmp_path):
    board = TensorBoard(tmp_path, histogram_freq=1, update_freq=2, write_steps_per_second=True)
    model, history = train(board)
    read = events(tmp_path / "train")
    path = model.layers[0].kernel.path
    assert {step for step, _ in read["batch_loss"]} == {2, 4, 6}
    np.testing.assert_allclose([v for _, v in read["epoch_loss"]], history.history["loss"], rtol=1e-6)
    np.testing.assert_allclose([v for _, v in read["epoch_learning_rate"]], 0.01, rtol=1e-6)
    step, bins = read[f"{path}/histogram"][-1]
    kernel = model.layers[0].kernel.value
    assert step == 1
    assert bins[:, 2].sum() == kernel.size  # rows are left, right, count
    np.testing.assert_allclose((bins[0, 0], bins[-1, 1]), (kernel.min(), kernel.max()), rtol=1e-6)
    assert len(read[f"{path}/gradient"]) == 2
    validation = events(tmp_path / "validation")
    np.testing.assert_allclose([v for _, v in validation["epoch_loss"]], history.history["val_loss"], rtol=1e-6)
    assert [step for step, _ in validation["evaluation_loss_vs_iterations"]] == [3, 6]


def test_tensorboard_changes_no_random_state_and_imports_no_other_library(tmp_path):
    program = f"""
import random, sys
import numpy as np
import minikeras as keras
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", "mse")
random.seed(1), np.random.seed(1)
model.fit(np.ones((8, 3)), np.ones((8, 2)), verbose=0, callbacks=[keras.callbacks.TensorBoard({str(tmp_path)!r}, 1)])
print(random.random(), np.random.rand(), "tensorflow" in sys.modules)
random.seed(1), np.random.seed(1)
print(random.random(), np.random.rand(), False)
"""
    pytest.importorskip("tensorboard")
    got = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    after, expected = got.stdout.splitlines()[-2:]
    assert after == expected, got.stderr[-500:]


@pytest.mark.parametrize("bad", [{"update_freq": 0}, {"write_images": True}, {"embeddings_freq": 2}])
def test_tensorboard_names_what_it_does_not_do(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        TensorBoard(**bad)


def test_tensorboard_says_that_it_does_not_profile():
    with pytest.warns(UserWarning, match="profile_batch"):
        TensorBoard(profile_batch=(1, 2))


def averaging_model():
    weight, average = (keras.Parameter(np.array([v]), name="w", path="w") for v in (1.0, 9.0))
    optimizer = SimpleNamespace(use_ema=True, _trainable_variables=[weight], _model_variables_moving_average=[average])
    return SimpleNamespace(optimizer=optimizer), weight, average


def test_swap_ema_weights_swaps_for_evaluations_and_back():
    callback = SwapEMAWeights()
    model, weight, average = averaging_model()
    callback.set_model(model)
    callback.on_test_begin()
    assert (weight.value, average.value) == (9, 1)
    callback.on_test_end()
    callback.on_predict_begin()
    assert (weight.value, average.value) == (9, 1)
    callback.on_predict_end()
    assert (weight.value, average.value) == (1, 9)


def test_swap_ema_weights_between_epochs_and_the_last_one_stays():
    callback = SwapEMAWeights(swap_on_epoch=True)
    model, weight, average = averaging_model()
    callback.set_model(model)
    callback.set_params({"epochs": 2})
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0)
    assert (weight.value, average.value) == (9, 1)
    callback.on_epoch_begin(1)
    assert (weight.value, average.value) == (1, 9)
    callback.on_epoch_end(1)
    assert (weight.value, average.value) == (9, 9)


def test_swap_ema_weights_needs_averages():
    with pytest.raises(ValueError, match="use_ema"):
        train(SwapEMAWeights())


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, self.headers["Content-Type"], self.headers.get("X-Key"), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    received: list = []
    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}", received
    http.shutdown()
    http.server_close()
    thread.join()


def test_remote_monitor_posts_each_epoch(server):
    root, received = server
    callbacks = RemoteMonitor(root, headers={"X-Key": "k"}), RemoteMonitor(root, path="/j", send_as_json=True)
    _, history = train(*callbacks)
    (path, kind, key, form), (json_path, json_kind, _, body) = received[:2]
    assert (path, kind, key) == ("/publish/epoch/end/", "application/x-www-form-urlencoded", "k")
    assert (json_path, json_kind) == ("/j", "application/json")
    for text in (urllib.parse.parse_qs(form)["data"][0], body):
        assert json.loads(text) == {"epoch": 0, **{k: pytest.approx(v[0]) for k, v in history.history.items()}}
    assert len(received) == 4


def test_remote_monitor_warns_without_a_server(server):
    with pytest.warns(UserWarning, match="Could not reach"):
        RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0, {"loss": np.float32(1)})
    with pytest.raises(ValueError, match="http"):
        RemoteMonitor("file:///etc")


def test_without_interactive_logging_progress_is_logged(capsys, caplog):
    caplog.set_level(logging.INFO, "minikeras")
    config.disable_interactive_logging()
    try:
        assert not keras.utils.is_interactive_logging_enabled()
        train(verbose=1)
    finally:
        config.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert "Epoch 1/2" in caplog.messages
    assert any(message.startswith("3/3 - ") for message in caplog.messages)


def test_limits():
    assert config.max_epochs() is None
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 3)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


@pytest.mark.parametrize("functional", [False, True])
def test_a_compiled_metric_says_in_which_direction_it_is_better(functional):
    x, y = np.random.default_rng(0).normal(size=(12, 3)), np.arange(12) % 2
    inputs = keras.Input((3,))
    outputs = keras.layers.Dense(2, "softmax")(inputs)
    model = keras.Model(inputs, outputs) if functional else keras.Sequential([keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    stopping = keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=1)
    model.fit(x, y, epochs=3, validation_data=(x, y), callbacks=[stopping], verbose=0)
    assert stopping._upwards is True

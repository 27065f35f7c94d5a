"""A short training, run undisturbed and with kills; run by test_backup_and_restore.py as a program.

Arguments: a folder, how many kills, the seed of their moments, then key=value of :func:`program`. It ends with
status 0 and prints the number of kills if every killed and restarted run left the bytes of the undisturbed one.
"""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np

import minikeras as keras


def program(
    folder,
    save_freq="epoch",
    seeded=True,
    stream="jax",
    dtype="float32",
    double_checkpoint=False,
    epochs=20,
    **arguments,
):
    """Trains, then writes weights, optimizer and History into ``end.npz``."""
    keras.config.set_floatx(dtype)
    if seeded:
        keras.utils.set_random_seed(42, stream=stream)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(120, 6)), rng.integers(0, 2, 120)
    layers, callbacks = keras.layers, keras.callbacks
    model = keras.Sequential(
        [layers.Dense(16, activation="relu", input_shape=(6,)), layers.Dropout(0.25), layers.Dense(2, "softmax")]
    )
    sgd = keras.optimizers.SGD(0.05, momentum=0.9)
    model.compile(sgd, "sparse_categorical_crossentropy", metrics=["accuracy"])
    heard = [
        # Killed between the end of fit and the end of the program, an unseeded run needs its backup still.
        callbacks.BackupAndRestore(folder / "backup", save_freq, double_checkpoint, delete_checkpoint=seeded),
        callbacks.EarlyStopping(patience=9, restore_best_weights=True),
        callbacks.ReduceLROnPlateau(patience=2, factor=0.75),
        callbacks.CSVLogger(folder / "log.csv"),
    ]
    history = model.fit(
        x, y, epochs=epochs, batch_size=16, validation_split=0.25, verbose=0, callbacks=heard, **arguments
    )
    slots = [v.value for v in model.optimizer.variables]
    np.savez(folder / "end.npz", *model.get_weights(), *slots, history.epoch, *history.history.values())


def forked(folder, arguments, kill_after=None):
    """Whether the program came to its end in a process of its own."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            program(folder, **arguments)
            status = 0
        finally:
            os._exit(status)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, -signal.SIGKILL):
        sys.exit(f"the program failed with {status}")
    return status == 0


def results(folder):
    return [(folder / name).read_bytes() for name in ("end.npz", "log.csv")]


def main(folder, kills, seed, arguments):
    rng = random.Random(seed)
    origin, whole, broken = (folder / name for name in ("origin", "whole", "broken"))
    origin.mkdir()
    seeded, wait = arguments.get("seeded", True), 0.02
    while not seeded and not (origin / "backup" / "latest.npz").exists():  # the first weights of an unseeded run
        shutil.rmtree(origin)
        origin.mkdir()
        wait *= 1.25
        forked(origin, arguments, wait)
    shutil.copytree(origin, whole)
    start = time.perf_counter()
    forked(whole, arguments)
    seconds = time.perf_counter() - start
    done = 0
    while done < kills:
        shutil.rmtree(broken, ignore_errors=True)
        shutil.copytree(origin, broken)
        while not forked(broken, arguments, rng.random() * seconds if done < kills else None):
            done += 1
        if results(broken) != results(whole):
            sys.exit(f"other bytes after kill {done}")
    print(done)


if __name__ == "__main__":
    pairs = dict(word.split("=") for word in sys.argv[4:])
    values = {"True": True, "False": False}
    arguments = {k: int(v) if v.isdigit() else values.get(v, v) for k, v in pairs.items()}
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), arguments)

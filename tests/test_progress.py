"""The progress bar on a fake clock and a fake terminal."""

import io
import re
import sys

import pytest

from minikeras import progress
from minikeras.progress import Progbar


class Screen(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


SCRIPTS = {  # (seconds later, step, values, finalize)
    "an epoch": [
        (0.3, 1, [("accuracy", 0.5), ("loss", 2.0)], False),
        *[(0.02, i, [("accuracy", 0.5 / i), ("loss", 2 - i / 10)], False) for i in range(2, 10)],
        (0.4, 10, [("accuracy", 0.0001), ("loss", -3.0), ("val_loss", 1e-3)], True),
    ],
    "slow": [(100, 1, [("l", 1.0)], None), (5000, 2, None, None), (100, 3, [("l", 3.0)], None), (1, 10, [], None)],
    "from zero": [(0, 0, [], None), (1, 5, [("x", 1.0)], None), (0.01, 10, [("x", 1.0)], None)],
}


def play(make, script, clock, monkeypatch, terminal=True):
    screen = Screen(terminal)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        bar = make()
        for seconds, step, values, finalize in script:
            clock.now += seconds
            bar.update(step, values, finalize)
    return screen.getvalue()


def ours(script, monkeypatch, target=10, terminal=True, **arguments):
    clock = Clock()
    with monkeypatch.context() as patch:
        patch.setattr(Progbar, "clock", staticmethod(clock))
        return play(lambda: Progbar(target, **arguments), script, clock, monkeypatch, terminal)


def test_line_of_verbose_2(monkeypatch):
    script = [(5.92, 10, [("accuracy", 0.0976), ("loss", 2.4568), ("val_loss", 0.0005)], True)]
    expected = "10/10 - 6s - 592ms/step - accuracy: 0.0976 - loss: 2.4568 - val_loss: 5.0000e-04\n"
    assert ours(script, monkeypatch, verbose=2, stateless_metrics=()) == expected


def test_where_nothing_moves_verbose_1_is_one_plain_line(monkeypatch):
    text = ours(SCRIPTS["an epoch"], monkeypatch, terminal=False, stateless_metrics=())
    assert text == ours(SCRIPTS["an epoch"], monkeypatch, terminal=False, verbose=2, stateless_metrics=())
    assert text.count("\n") == 1
    assert not re.search(r"[\x08\r\x1b━]", text)


def test_moving_bar(monkeypatch):
    script = [(0.5, 1, [], None), (0.381, 1719, [("accuracy", 0.75)], None)]
    last = ours(script, monkeypatch, target=1719, stateless_metrics=()).split("\r")[-1]
    bold = "\x1b[1m{}\x1b[0m"
    bar = f"{bold.format('1719/1719')} \x1b[32m{'━' * 20}\x1b[0m\x1b[37m\x1b[0m"
    assert last == f"{bar} {bold.format('1s')} 222us/step - accuracy: 0.7500\n"


def test_at_most_twenty_drawings_a_second(monkeypatch):
    script = [(0.001, step, [("loss", 1.0)], False) for step in range(1, 1001)]
    drawn = ours(script, monkeypatch, target=1000).count("\r")
    assert 18 <= drawn <= 21


def test_a_longer_line_leaves_nothing_behind(monkeypatch):
    script = [(1, 1, [("loss", 1e-10)], False), (1, 2, [("loss", 1.0)], False)]
    first, second = ours(script, monkeypatch).split("\r")[1:]
    assert len(first.rstrip("\b")) == len(second)


def test_silence(monkeypatch):
    assert ours(SCRIPTS["an epoch"], monkeypatch, verbose=0) == ""


def test_averages_over_steps(monkeypatch):
    script = [(1, 1, [("x", 1.0)], False), (1, 4, [("x", 5.0)], False)]
    assert "- x: 4.0000" in ours(script, monkeypatch)  # (1 + 3·5) / 4
    assert "- x: 5.0000" in ours(script, monkeypatch, stateful_metrics=["x"])
    with pytest.raises(ValueError, match="Only one of"):
        Progbar(1, stateful_metrics=["a"], stateless_metrics=["b"])


def test_a_terminal_without_the_bar_character(monkeypatch):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(progress, "is_interactive", lambda: True)
    Progbar(2).update(2)
    assert b"=" * 20 in screen.buffer.getvalue()


@pytest.mark.keras
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("target", [10, 12345, None])
@pytest.mark.parametrize("verbose", [0, 1, 2])
@pytest.mark.parametrize("arguments", [{}, {"stateless_metrics": ()}, {"stateful_metrics": ["loss"]}])
def test_every_byte_is_keras_own(script, target, verbose, arguments, monkeypatch):
    pytest.importorskip("keras")
    from keras.src.utils import progbar

    clock = Clock()
    with monkeypatch.context() as patch:
        patch.setattr(progbar, "time", type("time", (), {"time": clock}))
        theirs = play(
            lambda: progbar.Progbar(target, verbose=verbose, **arguments), SCRIPTS[script], clock, monkeypatch
        )
    assert ours(SCRIPTS[script], monkeypatch, target=target, verbose=verbose, **arguments) == theirs

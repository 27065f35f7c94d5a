"""How many threads are faster is found by measuring."""

from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import threads
from minikeras.replay.thread_chooser import SHARE, ThreadChooser, measured_threads


def test_a_large_product_may_be_tried_on_several_a_tiny_one_not():
    with threads.blas_threads(threads.SMALL):  # puts the number back
        threads.use(2)
        if threads.most() != 2:
            pytest.skip("this BLAS does not say how many threads it uses")
        with measured_threads(2 * SHARE) as pace:
            assert isinstance(pace, ThreadChooser)
            assert threads.most() == 1  # to begin with
        with measured_threads(threads.SMALL):
            assert threads.most() == 2
        with measured_threads(2 * SHARE - 1) as pace:
            assert isinstance(pace, nullcontext)
        assert threads.most() == 2


class Machine:
    """Steps that take what they take on one and on two threads."""

    def __init__(self, one, two):
        self.seconds, self.now, self.used = {1: one, 2: two}, 0.0, []
        self.pace = ThreadChooser(self.used.append, 2, clock=lambda: self.now)

    def run(self, steps):
        begun = self.now
        for _ in range(steps):
            with self.pace:
                self.now += self.seconds[self.used[-1]]
        return self.now - begun


@given(st.floats(1e-4, 1e-3), st.floats(1.5, 5))
@settings(max_examples=20)  # an example has up to 210,000 steps
def test_several_that_are_slower_cost_little(one, factor):
    machine = Machine(one, one * factor)
    steps = int(1 / one)
    lost = machine.run(steps) / (steps * one) - 1
    assert lost < 0.05  # of the first second
    assert machine.run(20 * steps) / (20 * steps * one) - 1 < 0.005
    assert machine.used.count(2) >= 2  # it did try


@given(st.floats(1e-4, 0.1), st.floats(0.3, 0.8))
def test_several_that_are_faster_are_kept(one, factor):
    machine = Machine(one, one * factor)
    machine.run(int(0.2 / one) + 10)
    assert machine.run(1000) <= 1.1 * 1000 * one * factor


def test_a_machine_that_becomes_busy_is_noticed_at_the_next_look():
    machine = Machine(1e-3, 5e-4)
    machine.run(200)
    assert machine.used[-1] == 2
    machine.seconds[2] = 5e-3
    machine.run(12)
    assert machine.used[-1] == 1


def test_and_one_that_is_quiet_again_too():
    machine = Machine(1e-3, 5e-3)
    machine.run(2000)
    machine.seconds[2] = 5e-4
    machine.run(5000)
    assert machine.used[-1] == 2


def test_a_block_of_many_steps_counts_as_many():
    """Two threads are faster per step; their blocks are longer, and so take more time each."""
    now, used = 0.0, []
    pace = ThreadChooser(used.append, 2, least=1, clock=lambda: now)
    for _ in range(60):
        pace.size = 1 if used[-1] == 1 else 100
        with pace:
            now += pace.size * (10e-3 if used[-1] == 1 else 5e-3)
    assert used[-1] == 2


def test_what_is_slower_than_expected_of_one_thread_is_left_at_the_first_look():
    now, used = 0.0, []
    pace = ThreadChooser(used.append, 2, patience=1000, least=1, clock=lambda: now)
    pace.start(2, one=1e-3)
    assert used[-1] == 2
    assert pace.brief
    with pace:
        now += 20e-3
    assert used[-1] == 1
    assert not pace.brief


def test_one_slow_look_does_not_keep_it_away_for_long():
    """However often one thread was tried in vain before: two threads are slow for one look, and then as they were."""
    now, used = 0.0, []
    pace = ThreadChooser(used.append, 2, begin=2, patience=2, least=1, clock=lambda: now)

    def look(two):
        nonlocal now
        with pace:
            now += 30e-3 if used[-1] == 1 else two

    for _ in range(200):
        look(two=16e-3)
    while pace.brief:
        look(two=16e-3)
    assert used[-1] == 2
    look(two=60e-3)
    assert used[-1] == 1
    for _ in range(6):
        look(two=16e-3)
    assert used[-1] == 2

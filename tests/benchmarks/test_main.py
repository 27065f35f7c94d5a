"""The command on a small size: tables, results.json, pictures."""

import json

import pytest

from benchmarks import __main__, competitors, plots, scaling

FEW = {name: competitors.ALL[name] for name in ("floor", "minikeras")}


@pytest.fixture
def few(monkeypatch):
    """Only who starts quickly."""
    monkeypatch.setattr(competitors, "KERAS", {})
    monkeypatch.setattr(scaling, "PEERS", ("floor", "minikeras"))
    monkeypatch.setattr(scaling, "BATCH_SIZES", (8, 16))
    monkeypatch.setattr(scaling, "WIDTHS", (8,))
    monkeypatch.setattr(scaling, "ROWS", (50, 100))
    monkeypatch.setattr(scaling, "available_cores", lambda: 1)


def test_peers(few, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(competitors, "ALL", FEW)
    monkeypatch.setattr("benchmarks.peers.ROWS_AT_ONE", 8)
    __main__.measure(["peers"], 64, 2, [32, 1], tmp_path)
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["machine"]["versions"]["numpy"]
    assert {size: part["measured_rows"] for size, part in found["peers"].items()} == {"32": 64, "1": 8}
    for part in found["peers"].values():
        table = part["table"]
        assert set(table) == set(FEW)
        row = table["minikeras"]
        assert row["to floor"] == row["median"] / table["floor"]["median"]
        assert len(row["all"]) == 2
    assert "÷ floor" in capsys.readouterr().out
    assert (tmp_path / "speed.png").stat().st_size > 1000


@pytest.mark.slow
def test_the_other_parts(few, tmp_path, capsys):
    found = __main__.measure(["latency", "startup", "memory", "scaling"], 64, 1, [], tmp_path)
    assert set(found["latency"]) == {"predict, 1 row", "call, 1 row", "predict, 64 rows", "call, 64 rows"}
    assert set(found["startup"]["import"]) == {"numpy", "minikeras"}
    assert len(found["memory"]) == 5
    assert set(found["scaling"]) == {"batch size", "width", "rows", *(f"threads, batch {n}" for n in (32, 256, 1024))}
    assert not found["left out"]
    assert "Peak memory" in capsys.readouterr().out
    assert plots.draw(found, tmp_path) == [tmp_path / "scaling.png"]


def test_a_point_of_a_curve_is_small_but_one_batch_at_least():
    from benchmarks.work import Task

    assert scaling.fitting(Task(rows=55_000, batch_size=1)).rows == scaling.STEPS
    assert scaling.fitting(Task(rows=55_000, batch_size=8192, hidden=(4096, 4096))).rows == 8192
    small = scaling.fitting(Task(rows=55_000, hidden=(2048, 2048)))
    assert small.operations <= scaling.OPERATIONS < 2 * small.operations

"""What all optimizers share: checks, configs, state, names."""

import numpy as np
import pytest

from minikeras import config, optimizers
from minikeras.errors import ShapeError
from minikeras.parameter import Parameter

SGD = optimizers.SGD
schedules = optimizers.schedules


def two_parameters():
    return [Parameter(np.ones((2, 1)), "kernel", "m/d/kernel"), Parameter(np.ones(1), "bias", "m/d/bias")]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"learning_rate": 1}, ValueError, "`learning_rate` should be float.*learning_rate=1"),
        ({"learning_rate": "fast"}, ValueError, "`learning_rate` should be float.*learning_rate=fast"),
        ({"momentum": 1}, ValueError, r"`momentum` must be a float between \[0, 1\]"),
        ({"momentum": 1.5}, ValueError, r"`momentum` must be a float between \[0, 1\]"),
        ({"momentum": float("nan")}, ValueError, r"`momentum` must be a float between \[0, 1\]"),
        ({"lr": 0.1}, ValueError, r"Argument\(s\) not recognized: \{'lr': 0.1\}"),
        ({"clipnorm": 1.0, "clipvalue": 2.0}, ValueError, "Only one of.*clipnorm=1.0, clipvalue=2.0"),
        ({"use_ema": True, "ema_momentum": 1.5}, ValueError, "`ema_momentum` must be in the range.*1.5"),
        ({"use_ema": True, "ema_overwrite_frequency": 0.5}, ValueError, "`ema_overwrite_frequency` must be an integer"),
        ({"gradient_accumulation_steps": 1}, ValueError, "`gradient_accumulation_steps` must be an integer >= 2"),
    ],
)
def test_arguments_are_checked(arguments, error, message):
    with pytest.raises(error, match=message):
        SGD(**arguments)


def test_decay_is_ignored_with_a_warning():
    with pytest.warns(UserWarning, match="`decay` is no longer supported"):
        assert SGD(decay=0.1).learning_rate == SGD().learning_rate


def test_apply_checks():
    parameters = two_parameters()
    optimizer = SGD()
    with pytest.raises(ValueError, match="must already be built"):
        optimizer.apply([np.ones(1)])
    optimizer.apply([], parameters)
    assert optimizer.iterations == 0
    optimizer.build(parameters)
    with pytest.raises(ValueError, match="1 gradients for 2 trainable variables"):
        optimizer.apply([np.ones((2, 1))])
    with pytest.raises(ValueError, match=r"Unknown variable: <Parameter path=m/d/bias"):
        optimizer.apply([np.ones((2, 1)), np.ones(1)], two_parameters()[::-1])
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply([None, None])
    with pytest.raises(ShapeError, match=r"m/d/bias must have its shape, \(1,\).*\(2,\)"):
        optimizer.apply([np.ones((2, 1)), np.ones(2)])
    assert optimizer.iterations == 0
    for p in parameters:
        np.testing.assert_array_equal(p.value, 1)


def test_a_missing_gradient_leaves_its_parameter_with_a_warning():
    kernel, bias = two_parameters()
    optimizer = SGD(0.5, momentum=0.5)
    optimizer.build([kernel, bias])
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['m/d/kernel'\]"):
        optimizer.apply([None, np.ones(1)])
    assert (kernel.value.tolist(), bias.value.tolist()) == ([[1.0], [1.0]], [0.5])
    assert [m.value.sum() for m in optimizer.momentums] == [0.0, -0.5]


def test_some_of_the_parameters_at_a_time():
    kernel, bias = two_parameters()
    optimizer = SGD(0.5, momentum=0.5)
    optimizer.build([kernel, bias])
    assert optimizer.apply_gradients(zip([np.ones(1)], [bias], strict=True)) == 1
    assert [m.value.sum() for m in optimizer.momentums] == [0.0, -0.5]


def test_state_is_in_kerass_order():
    parameters = two_parameters()
    optimizer = SGD(0.25, momentum=0.5, name="sgd")
    optimizer.build(parameters)
    optimizer.build(parameters)
    assert [(v.path, str(v.dtype), v.shape) for v in optimizer.variables] == [
        ("sgd/iteration", "int64", ()),
        ("sgd/learning_rate", "float32", ()),
        ("sgd/m_d_kernel_momentum", "float64", (2, 1)),
        ("sgd/m_d_bias_momentum", "float64", (1,)),
    ]
    optimizer.apply([np.ones((2, 1)), np.ones(1)])
    assert [v.numpy().sum() for v in optimizer.variables] == [1, 0.25, -0.5, -0.25]
    scheduled = SGD(schedules.ExponentialDecay(0.1, 10, 0.9), name="s")
    assert [v.path for v in scheduled.variables] == ["s/iteration"]


def test_learning_rate_is_kept_in_floatx():
    assert SGD(0.01).learning_rate == SGD(0.01).get_config()["learning_rate"] == 0.009999999776482582
    with config.using(floatx="float64"):
        assert SGD(0.01).learning_rate == 0.01


def test_learning_rate_can_be_set_unless_scheduled():
    optimizer = SGD(0.5)
    optimizer.learning_rate = 0.25
    assert optimizer.learning_rate == 0.25
    optimizer.learning_rate = 1
    assert optimizer.learning_rate == 1.0
    optimizer.learning_rate = schedules.PiecewiseConstantDecay([1], [0.5, 0.25])
    assert optimizer.learning_rate == 0.5
    assert len(optimizer.variables) == 1
    with pytest.raises(TypeError, match=r"LearningRateSchedule.*not settable"):
        optimizer.learning_rate = 0.1


def test_weight_decay_leaves_out_what_it_is_told_to():
    for excluded in ({"var_names": ["bias"]}, {"var_list": ["bias"]}):
        kernel, bias = two_parameters()
        if "var_list" in excluded:
            excluded = {"var_list": [bias]}
        optimizer = SGD(0.5, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(**excluded)
        optimizer.apply([np.zeros((2, 1)), np.zeros(1)], [kernel, bias])
        assert (kernel.value[0, 0], bias.value[0]) == (0.75, 1.0)


def test_get():
    optimizer = SGD()
    assert optimizers.get(optimizer) is optimizer
    assert optimizers.get(None) is None
    assert isinstance(optimizers.get("SGD"), SGD)
    assert isinstance(optimizers.get("sGd"), SGD)
    again = optimizers.get({"class_name": "sgd", "config": {"learning_rate": 0.5, "momentum": 0.25}})
    assert (again.learning_rate, again.momentum) == (0.5, 0.25)
    with pytest.raises(ValueError, match=r"Could not interpret optimizer identifier: 'sgdd'\. Did you mean 'sgd'"):
        optimizers.get("sgdd")
    assert type(optimizers.get("RMSPROP")) is optimizers.RMSprop
    assert type(optimizers.get({"class_name": "AdamW", "config": {}})) is optimizers.AdamW
    for identifier in (3, SGD):
        with pytest.raises(ValueError, match="Could not interpret optimizer identifier"):
            optimizers.get(identifier)


def test_config_round_trip_with_a_schedule():
    optimizer = SGD(schedules.CosineDecay(0.1, 100), 0.5, True, weight_decay=0.25, clipnorm=2.0, name="mine")
    written = optimizers.serialize(optimizer)
    read = optimizers.deserialize(written)
    assert optimizers.serialize(read) == written
    assert isinstance(written["config"]["learning_rate"], dict)
    assert read.learning_rate == optimizer.learning_rate


def constant_rate():
    return 0.125


def test_config_round_trip_with_a_function_and_a_class_of_ones_own():
    class Mine(SGD):
        pass

    written = optimizers.serialize(Mine(constant_rate))
    assert (written["module"], written["registered_name"]) == (None, "Mine")
    config_ = written["config"]
    assert SGD.from_config(config_, {"constant_rate": constant_rate}).learning_rate == 0.125
    with pytest.raises(ValueError, match="constant_rate"):
        SGD.from_config(config_)
    assert isinstance(optimizers.deserialize({**written, "config": {}}, {"Mine": Mine}), Mine)


def test_update_step_must_be_written():
    with pytest.raises(NotImplementedError, match="update_step"):
        optimizers.Optimizer(0.1).apply([np.ones((2, 1)), np.ones(1)], two_parameters())

"""Programs of two libraries that search hyperparameters."""

import numpy as np
import pytest

import minikeras as keras


def net(X, y, units=4, rate=0.1):
    model = keras.Sequential([keras.layers.Dense(units, activation="tanh"), keras.layers.Dense(y.shape[1], "softmax")])
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.SGD(rate))
    return model


def test_a_grid_search_prefers_a_rate_that_learns():
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from minikeras.wrappers import SKLearnClassifier

    keras.utils.set_random_seed(0)
    X, y = datasets.load_wine(return_X_y=True)
    classifier = SKLearnClassifier(net, fit_kwargs={"epochs": 10, "verbose": 0})
    search = GridSearchCV(
        make_pipeline(StandardScaler(), classifier),
        {"sklearnclassifier__model_kwargs": [{"rate": 1e-6}, {"rate": 0.1, "units": 8}]},
        cv=3,
        error_score="raise",
    )
    search.fit(X, y)
    assert search.best_params_ == {"sklearnclassifier__model_kwargs": {"rate": 0.1, "units": 8}}
    assert search.best_score_ > 0.9


def test_an_optuna_study_prefers_a_rate_that_learns_and_can_be_repeated():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 3))
    y = keras.utils.to_categorical(x @ [1.0, -2.0, 0.5] > 0)

    def objective(trial):
        keras.utils.set_random_seed(0)
        model = net(x, y, trial.suggest_int("units", 2, 8), trial.suggest_float("rate", 1e-6, 1.0))
        return model.fit(x, y, epochs=10, verbose=0).history["loss"][-1]

    grid = {"units": [2, 8], "rate": [1e-6, 0.1]}
    study = optuna.create_study(sampler=optuna.samplers.GridSampler(grid, seed=0))
    study.optimize(objective)
    assert len(study.trials) == 4
    assert study.best_params["rate"] == 0.1
    assert objective(optuna.trial.FixedTrial(study.best_params)) == study.best_value

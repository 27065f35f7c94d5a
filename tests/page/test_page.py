"""The page in a real browser shows what the trace holds."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers

SUMS = """
const found = [];
for (const [number, place] of arguments[0]) {
  const a = facts.arrays[number], { found: list, whole } = terms(a, indices(a, place));
  const sum = list.reduce((s, t) => s + t.product, 0), size = list.reduce((s, t) => s + Math.abs(t.product), 0);
  found.push([sum, size, entries(a)[place], whole]);
}
return found;
"""
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def trained(model, rng, optimizer="sgd", loss="sparse_categorical_crossentropy"):
    model.compile(optimizer, loss)
    for p in model.weights:
        if p.path.endswith(("kernel", "bias", "gamma")):
            p.assign(rng.normal(size=p.shape).astype(p.value.dtype) * 0.5)
    return model


def article(rng):
    model = keras.Sequential([layers.Flatten(input_shape=(6, 5)), layers.Dense(7, activation="relu")])
    model.add(layers.Dense(4, activation="softmax", kernel_regularizer="l2"))
    return trained(model, rng).trace(rng.random((3, 6, 5)), [0, 3, 1])


def convnet(rng):
    model = keras.Sequential([layers.Conv2D(2, 3, strides=2, padding="same", activation="relu", input_shape=(7, 6, 2))])
    for layer in (layers.Conv2D(3, 2, dilation_rate=2), layers.BatchNormalization(), layers.Flatten()):
        model.add(layer)
    model.add(layers.Dense(3, activation="softmax"))
    return trained(model, rng, "adam").trace(rng.normal(size=(2, 7, 6, 2)), [0, 2])


def graph(rng):
    x = keras.Input((4,), name="x")
    y = layers.Add(name="both")([layers.Dense(4, activation="tanh")(x), x])
    model = keras.Model(x, layers.Dense(2)(y))
    return trained(model, rng, loss="mse").trace(rng.normal(size=(3, 4)), rng.normal(size=(3, 2)))


def recurrent(rng):
    model = keras.Sequential([layers.LSTM(4, input_shape=(5, 3)), layers.Dense(2, activation="softmax")])
    return trained(model, rng).trace(rng.normal(size=(2, 5, 3)), [1, 0])


@pytest.mark.parametrize("make", [article, convnet, graph, recurrent])
def test_the_page_shows_what_the_trace_holds_and_its_terms_add_up(make, opened):
    rng = np.random.default_rng(5)
    trace = make(rng)
    browser = opened(trace)
    arrays = browser.execute_script(
        "return facts.arrays.map((a) => ({name: a.name, layer: a.layer, terms: !!(a.rule && a.rule.parts),"
        " values: [...entries(a)].map((v) => Number.isFinite(v) ? v : null)}))"
    )
    shown = {(a["layer"], a["name"]): a for a in arrays}
    quantities = [(i, q) for i, layer in enumerate(trace.layers) for q in layer]
    for i, q in quantities:
        found = shown.get((i, q.name))
        if found is not None:
            np.testing.assert_array_equal(np.array(found["values"], float), q.value.ravel().astype(float))
    assert len([q for q in quantities if (q[0], q[1].name) in shown]) > 0.9 * len(quantities)

    explained = [n for n, a in enumerate(arrays) if a["terms"] and a["values"]]
    cells = [(int(n), int(rng.integers(len(arrays[n]["values"])))) for n in rng.choice(explained, 200)]
    for total, size, value, whole in browser.execute_script(SUMS, cells):
        assert whole
        assert abs(total - value) <= 1e-6 * max(size, 1e-6)
    kinds = {arrays[n]["name"] for n in explained}
    assert {"z", "dz", "dkernel", "dbias", "dx"} <= kinds | ({"dz"} if make is graph else set())


def test_a_click_shows_the_equation_and_lights_up_what_enters_it(opened):
    trace = article(np.random.default_rng(0))
    browser = opened(trace, classes=["a", "b", "c", "d"])
    number = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'z' && a.layer === 2)")
    canvas = browser.find_element("css selector", f"#array-{number} canvas")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", canvas)
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    canvas.click()  # the middle: row 1, column 2
    text = browser.find_element("css selector", "#equation .value").text
    name, _, value = text.partition(" = ")
    at = tuple(int(i) for i in name[2:-1].split(", "))
    assert abs(float(value.replace("−", "-")) - trace.layers[2]["z"].value[at]) < 1e-6
    lit = browser.execute_script("return [...state.lit].map(([n, s]) => [facts.arrays[n].name, s.size])")
    assert sorted(lit) == [["bias", 1], ["kernel", 7], ["x", 7]]
    term = browser.find_element("css selector", "#equation .term")
    goal = term.text.split(" ")[0]
    term.click()
    assert browser.find_element("css selector", "#equation .value").text.startswith(goal)


def test_rows_keys_and_tour_work(opened):
    browser = opened(article(np.random.default_rng(1)), classes=["boot", "bag", "coat", "dress"])
    body = browser.find_element("tag name", "body")
    assert "target 0 boot" in browser.find_element("id", "prediction").text
    body.send_keys("]")
    assert browser.find_element("id", "row").text == "row n = 1 of 3"
    assert "target 3 dress" in browser.find_element("id", "prediction").text
    browser.find_element("id", "start-tour").click()
    for stop in range(10):
        assert browser.find_element("id", "tour-count").text == f"{stop + 1} of 10"
        assert browser.execute_script("return document.querySelector('.toured') !== null"), stop
        browser.find_element("id", "tour-next").click()
    assert not browser.find_element("id", "tour").is_displayed()
    canvas = browser.find_element("css selector", ".forward canvas")
    browser.execute_script("arguments[0].focus()", canvas)
    keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
    browser.switch_to.active_element.send_keys(keys.ENTER)
    browser.switch_to.active_element.send_keys(keys.ARROW_RIGHT)
    assert browser.find_element("css selector", "#equation .value").text.startswith("x[1, 0, 1]")


def hostile():
    name = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    model = keras.Sequential(name=name)
    model.add(layers.Dense(4000, activation="relu", input_shape=(3,), name='"><b onclick=alert(3)>'))
    for i in range(100):
        model.add(layers.Dense(2, name=f"</script>{i}"))
    model.compile("sgd", "mse")
    weights = model.get_weights()
    weights[0][0, :2] = np.nan, np.inf
    model.set_weights(weights)
    with np.errstate(all="ignore"):
        return model.trace(np.ones((2, 3)), np.ones((2, 2)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_hostile_model_gives_a_correct_page(opened):
    trace = hostile()
    browser = opened(trace, classes=["</script><script>alert(4)</script>", "x"])
    assert browser.find_element("tag name", "h1").text.startswith(trace.model_name)
    assert browser.execute_script("return document.querySelectorAll('main .layer').length") == 102
    assert browser.execute_script("return document.querySelectorAll('img, b[onclick]').length") == 0
    assert browser.find_element("css selector", "#layer-0 .bad").text == "1 NaN"
    number = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'kernel')")
    browser.execute_script("choose(arguments[0], 1)", number)
    assert browser.find_element("css selector", "#equation .value").text == "kernel[0, 1] = ∞"


def test_a_large_array_is_cut_and_says_so(opened, monkeypatch):
    monkeypatch.setattr("minikeras.page.views.longest_axis", lambda arrays: 16)
    rng = np.random.default_rng(2)
    model = keras.Sequential([layers.Dense(40, input_shape=(30,)), layers.Dense(2, activation="softmax")])
    trace = trained(model, rng).trace(rng.normal(size=(3, 30)), [0, 1, 1])
    browser = opened(trace)
    assert "16 of 40 indices of axis 1" in browser.find_element("css selector", ".backward .cut").text
    number = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'z')")
    browser.execute_script("choose(arguments[0], 15)", number)
    value = browser.find_element("css selector", "#equation .value").text
    assert value.startswith("z[0, 39] = ")
    assert abs(float(value.split(" = ")[1].replace("−", "-")) - trace.layers[0]["z"].value[0, 39]) < 1e-6
    assert "terms that are not kept" in browser.find_element("id", "equation-body").text


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_overflows(width, opened):
    browser = opened(convnet(np.random.default_rng(3)))
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_script("choose(3, 0); document.querySelectorAll('details').forEach((d) => (d.open = true))")
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    try:
        assert browser.execute_script(OVERFLOW) == 0
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_ticks_and_crosses_stand_beside_the_gradients(opened):
    trace = article(np.random.default_rng(4))
    trace.layers[1]["dkernel"].value[:] *= 2
    trace.verify(methods=("complex", "central"))
    browser = opened(trace)
    ticks = {
        figure.find_element("class name", "name").text: figure.find_element("class name", "ticks").text
        for figure in browser.find_elements("css selector", "#layer-1 .backward .array")
        if figure.find_elements("class name", "ticks")
    }
    assert "✓ complex step" in ticks["dx"]
    assert "✗ float32" in ticks["dkernel"]


def test_the_slider_shows_the_weights_of_a_step(opened):
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(32, 5)), rng.integers(3, size=32)

    def fitted(*callbacks):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([layers.Dense(3, activation="softmax", input_shape=(5,), name="out")])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=list(callbacks))
        return model

    snapshots = keras.tracing.Snapshots(x[:2], y[:2], every=2, most=5)
    model, same = fitted(snapshots), fitted()
    for a, b in zip(model.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert snapshots.steps == [0, 4, 8, 12, 16]
    browser = opened(model.trace(x[:2], y[:2]), snapshots=snapshots)
    number = browser.execute_script("return facts.arrays.findIndex((a) => a.time && a.name === 'kernel')")
    browser.execute_script(
        "const m = document.getElementById('moment'); m.value = 1; m.dispatchEvent(new Event('input'))"
    )
    assert browser.find_element("id", "moment-words").text.startswith("4: L = ")
    shown = browser.execute_script(
        "const p = pictures.get(arguments[0]), l = p.lay(); return entries(p.array)[l.tileBase(0) + l.right]", number
    )
    assert shown == snapshots.arrays[1]["out", "kernel"][0, 1]

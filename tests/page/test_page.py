"""The page in a real browser shows what the trace holds."""

import importlib.resources
import re

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers
from minikeras.page import planted

from .models import trained

#: For each cell (array's number, place): the text that is shown, and the number that the page's decoder gives.
CELLS = """
return arguments[0].map(([number, place]) => {
  const a = facts.arrays[number], v = entries(a)[place];
  return [spelt(v, digitsOf(a)), Number.isFinite(v) ? v : null];
});
"""
#: For each cell: what its equation says in the page, and the sum of its terms.
SUMS = """
return arguments[0].map(([number, place]) => {
  const a = facts.arrays[number], { found, whole } = terms(a, indices(a, place)), add = (s, v) => s + v;
  explain(number, place);
  const f = a.rule.function ? FUNCTIONS[a.rule.function].value : (s) => s;
  return {
    name: a.title, whole, sum: f(found.map((t) => t.product).reduce(add, 0)), value: entries(a)[place],
    size: a.rule.function ? 1 : found.map((t) => Math.abs(t.product)).reduce(add, 0),
    shown: document.querySelector("#equation .value").textContent,
    last: [...document.querySelectorAll("#equation .sum")].pop().textContent,
    listed: document.querySelectorAll("#equation li").length,
  };
});
"""
#: For every array with terms, 24 of its cells spread over it: the worst error of the sum, by the size of the terms.
EVERY = """
return arguments[0].map((number) => {
  const a = facts.arrays[number], count = entries(a).length, f = a.rule.function, add = (s, v) => s + v;
  const worst = [...Array(Math.min(24, count)).keys()].map((i) => {
    const place = Math.floor(((i * 0.6180339887) % 1) * count);
    const products = terms(a, indices(a, place)).found.map((t) => t.product);
    const sum = products.reduce(add, 0), size = f ? 1 : products.map(Math.abs).reduce(add, 0);
    return Math.abs((f ? FUNCTIONS[f].value(sum) : sum) - entries(a)[place]) / (size || 1);
  });
  return [Math.max(...worst), a.title];
});
"""
WIDE = {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False}  # the equation stands beside the arrays
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
FAULTS = """
const done = arguments[0];
axe.run(document, {resultTypes: ["violations"]}).then(({ violations }) =>
  done(violations.map((v) => [v.impact, v.id, v.nodes[0].html.slice(0, 300)])));
"""
KINDS = {
    "article": {"z", "y", "dz", "dkernel", "dbias", "dx", "after.kernel", "loss"},
    "residual": {"y", "dx[0]", "dx[1]", "dx1", "dkernel", "dy", "v.kernel", "after.kernel", "x[0]"},
    "convnet": {"z", "mean", "h", "y", "dx", "dgamma", "dbeta", "dkernel", "m.kernel", "v.kernel"},
    "recurrent": {*"ifgochurna", "h_before", "dh", "dc", "dz", "da", "dkernel", "drecurrent_kernel", "dembeddings"},
    "directions": {*"abzcurnq", "y", "dy", "dh", "dc", "dz", "dh0", "dx", "dkernel", "drecurrent_kernel"},
    "attention": {*"zeqkvy", "y[0]", "dp", "dq", "dk", "dv", "dx", "dx[0]", "dx[1]", "dx[2]", "dscale"},
    "states": {"y[0]", "y[1]", "y[2]", "dx[1]", "dx[2]", "h_before", "c_before", "dh", "dc", "dz"},
    "series": {"z", "y", "dkernel", "dx"},
    "volumes": {"z", "y", "dkernel", "dx"},
}


def number(text):
    return float(text.replace("−", "-").replace("∞", "inf"))


@pytest.mark.parametrize("name", KINDS)
def test_the_page_shows_what_the_trace_holds_and_its_terms_add_up(name, traces, opened):
    trace, rng = traces(name), np.random.default_rng(6)
    browser = opened(trace)
    arrays = browser.execute_script(
        "return facts.arrays.map((a) => ({name: a.name, layer: a.layer, digits: digitsOf(a), size: entries(a).length,"
        " terms: !!a.rule && !!(a.rule.parts || TERMS[a.rule.kind])}))"
    )
    numbers = {(a["layer"], a["name"]): i for i, a in enumerate(arrays)}
    quantities = {(i, q.name): q.value for i, layer in enumerate(trace.layers) for q in layer}
    flat = {numbers[key]: np.ravel(value) for key, value in quantities.items() if key in numbers}
    assert set(quantities) - set(numbers) <= {
        (i, n)
        for i in range(len(trace.layers))
        for n in ("ids", "m", "patches", "dkernel_parts", "dbias_parts", "y[1]")
    }
    chosen = [int(i) for i in rng.choice([i for i in flat if flat[i].size], 10_000)]
    cells = [(i, int(rng.integers(flat[i].size))) for i in chosen]
    for (i, place), (shown, value) in zip(cells, browser.execute_script(CELLS, cells), strict=True):
        assert value == flat[i][place]
        assert abs(number(shown) - value) <= abs(value) * 0.5 * 10.0 ** (1 - arrays[i]["digits"])

    explained = [i for i, a in enumerate(arrays) if a["terms"] and a["size"]]
    assert {arrays[i]["name"] for i in explained} >= KINDS[name]
    worst, title = max(browser.execute_script(EVERY, explained))
    assert worst <= 1e-6, title
    cells = [(int(i), int(rng.integers(arrays[i]["size"]))) for i in rng.choice(explained, 200)]
    sums = browser.execute_script(SUMS, cells)
    assert np.mean([cell["value"] != 0 for cell in sums]) > 0.5
    for cell in sums:
        assert cell["whole"], cell
        assert cell["listed"] <= 13, cell
        assert abs(cell["sum"] - cell["value"]) <= 1e-6 * cell["size"], cell
        assert abs(number(cell["shown"].split(" = ")[1]) - cell["value"]) <= 1e-6 * abs(cell["value"])
        last = number(re.split(r"sum | = ", cell["last"])[-1])
        assert abs(last - cell["value"]) <= 1e-6 * cell["size"], cell


def test_a_click_shows_the_equation_and_lights_up_what_enters_it(traces, opened):
    trace = traces("small")
    browser = opened(trace, classes=["a", "b", "c", "d"])
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", WIDE)
    browser.find_element("id", "example").click()
    assert browser.find_element("css selector", "#equation .value").text.startswith("z[0, 0] = ")
    chosen = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'z' && a.layer === 2)")
    canvas = browser.find_element("css selector", f"#array-{chosen} canvas")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", canvas)
    browser.execute_async_script("setTimeout(arguments[0], 200)")
    canvas.click()  # the middle: row 1, column 2
    text = browser.find_element("css selector", "#equation .value").text
    name, _, value = text.partition(" = ")
    at = tuple(int(i) for i in name[2:-1].split(", "))
    assert abs(number(value) - trace.layers[2]["z"].value[at]) < 1e-6
    lit = browser.execute_script("return [...state.lit].map(([n, s]) => [facts.arrays[n].name, s.size])")
    assert sorted(lit) == [["bias", 1], ["kernel", 7], ["x", 7]]
    term = browser.find_element("css selector", "#equation .term")
    goal = term.text.split(" ")[0]
    term.click()
    assert browser.find_element("css selector", "#equation .value").text.startswith(goal)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_switches_rows_keys_and_tour_work(traces, opened):
    trace, rng = traces("small"), np.random.default_rng(1)
    data = rng.random((64, 6, 5)), rng.integers(4, size=64)
    mistakes = planted(trace, ["bias_averaged", "sign", "cut_at_the_last_step"], data, data)
    browser = opened(trace, classes=["boot", "bag", "coat", "dress"], mistakes=mistakes)
    keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
    body = browser.find_element("tag name", "body")
    assert "target 0 boot" in browser.find_element("id", "prediction").text
    body.send_keys("]")
    assert browser.find_element("id", "row").text == "row n = 1 of 3"
    assert "target 3 dress" in browser.find_element("id", "prediction").text

    wrong = """
      const number = facts.arrays.findIndex((a) => a.name === arguments[0] && a.layer === 1), bits = spoiltBits(number);
      return bits && [...entries(facts.arrays[number]).keys()].map((place) => !!hasBit(bits, place));
    """
    browser.find_element("css selector", "[name=mistake][value='0']").click()
    words = browser.find_element("id", "mistake").text
    assert "The bias's gradient is a mean" in words
    assert f"Accuracy {100 * mistakes[0].accuracy:.1f} % with it" in words
    assert f"{100 * mistakes[0].right_accuracy:.1f} % without; 1 epoch on 64 rows, counted on 64 others." in words
    assert browser.execute_script(wrong, "dkernel") is None
    spoilt = browser.execute_script(wrong, "dbias")
    assert spoilt == (trace.layers[1]["dbias"].value != 0).tolist()  # a third of the right one
    assert any(spoilt)
    assert browser.execute_script(wrong, "after.bias") == spoilt
    colours = "const p = pictures.get(arguments[0]); p.visible = true; p.draw(); const c = p.canvas;" + (
        "return [...c.getContext('2d').getImageData(3, 3, 1, 1).data].slice(0, 3)"
    )
    chosen = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'dbias' && a.layer === 1)")
    assert (browser.execute_script(colours, chosen) == [214, 16, 24]) == spoilt[0]
    body.send_keys("m")
    spoilt = browser.execute_script(wrong, "dkernel")
    assert spoilt == (trace.layers[1]["dkernel"].value != 0).ravel().tolist()
    browser.execute_script("choose(arguments[0], arguments[1])", chosen, int(np.argmax(trace.layers[1]["dbias"].value)))
    assert browser.find_element("css selector", "#equation .wrong").text.startswith("Wrong with “sign”: −")
    body.send_keys("m")
    assert "No cell of this step is wrong" in browser.find_element("id", "mistake").text
    body.send_keys("m")
    assert browser.execute_script("return document.querySelector('[name=mistake]').checked && state.mistake === null")

    browser.find_element("id", "start-tour").click()
    for stop in range(10):
        assert browser.find_element("id", "tour-count").text == f"{stop + 1} of 10"
        assert browser.execute_script("return document.querySelector('.toured') !== null"), stop
        browser.find_element("id", "tour-next").click()
    assert not browser.find_element("id", "tour").is_displayed()
    canvas = browser.find_element("css selector", ".forward canvas")
    browser.execute_script("arguments[0].focus()", canvas)
    browser.switch_to.active_element.send_keys(keys.ENTER)
    browser.switch_to.active_element.send_keys(keys.ARROW_RIGHT)
    assert browser.find_element("css selector", "#equation .value").text.startswith("x[1, 0, 1]")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_hostile_model_gives_a_correct_page(traces, opened):
    trace = traces("hostile")
    browser = opened(trace, classes=["</script><script>alert(4)</script>", "x"], mistakes=["sign"])
    assert browser.find_element("tag name", "h1").text.startswith(trace.model_name)
    assert browser.execute_script("return document.querySelectorAll('main .layer[id^=layer]').length") == 101
    assert browser.execute_script("return document.querySelectorAll('img, b[onclick]').length") == 0
    assert browser.find_element("css selector", "#layer-0 .bad").text == "1 NaN"
    chosen = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'kernel')")
    browser.execute_script("choose(arguments[0], 1); setMistake(0)", chosen)
    assert browser.find_element("css selector", "#equation .value").text == "kernel[0, 1] = ∞"
    assert browser.execute_script(OVERFLOW) == 0


def test_an_axis_of_size_0_is_said_to_hold_nothing(traces, opened):
    browser = opened(traces("empty"))
    chosen = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'x[1]')")
    assert "no entries" in browser.find_element("css selector", f"#array-{chosen} .picture").text
    chosen = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'z')")
    browser.execute_script("choose(arguments[0], 0)", chosen)
    assert browser.find_element("css selector", "#equation .value").text.startswith("z[0, 0] = ")


def test_several_outputs_have_a_loss_each(traces, opened):
    trace = traces("outputs")
    browser = opened(trace)
    found = browser.execute_script("return facts.arrays.filter((a) => a.side === 'loss').map((a) => a.title)")
    assert found[:6] == [f"{sign} of {name}" for name in ("kind", "size") for sign in "ℓwL"]
    total = trace["loss[kind]"].value + trace["loss[size]"].value
    np.testing.assert_allclose(total, trace.loss, rtol=1e-6)
    np.testing.assert_allclose(trace["kind", "y"].value.sum(axis=1), 1, rtol=1e-6)  # probabilities, not logits


def test_a_large_array_is_cut_and_says_so(opened, monkeypatch):
    monkeypatch.setattr("minikeras.page.views.longest_axis", lambda arrays: 16)
    rng = np.random.default_rng(2)
    model = keras.Sequential([layers.Dense(40, input_shape=(30,)), layers.Dense(2, activation="softmax")])
    trace = trained(model, rng).trace(rng.normal(size=(3, 30)), [0, 1, 1])
    browser = opened(trace, mistakes=["sign"])
    assert "16 of 40 indices of axis 1" in browser.find_element("css selector", ".backward .cut").text
    chosen = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'z')")
    browser.execute_script("choose(arguments[0], 15)", chosen)
    value = browser.find_element("css selector", "#equation .value").text
    assert value.startswith("z[0, 39] = ")
    assert abs(number(value.split(" = ")[1]) - trace.layers[0]["z"].value[0, 39]) < 1e-6
    assert "terms that are not kept" in browser.find_element("id", "equation-body").text


def faults_of(browser, scheme):
    """What axe-core finds in the page in a colour scheme: [how serious, what, where] of each fault."""
    axe = pytest.importorskip("selenium_axe_python")
    source = (importlib.resources.files(axe) / "axe-core" / "axe.min.js").read_text()
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    found = browser.execute_async_script(f"{source}; {FAULTS}")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    return found


def check_that_nothing_overflows(browser, name):
    """With all tables open, on a phone, a tablet and a desktop."""
    browser.execute_script("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    for width in (360, 768, 1440):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 50))")
        assert browser.execute_script(OVERFLOW) == 0, (name, width)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_nothing_overflows_and_axe_finds_no_fault(traces, opened):
    for name, mistake, schemes in (
        ("convnet", "bias_averaged", ()),
        ("recurrent", "cut_at_the_last_step", ()),
        ("small", "sign", ("light", "dark")),
    ):
        browser = opened(traces(name), mistakes=[mistake])
        browser.execute_script("choose(3, 0); setMistake(0)")
        for scheme in schemes:
            found = faults_of(browser, scheme)
            assert not [fault for fault in found if fault[0] in ("serious", "critical")], found
        check_that_nothing_overflows(browser, name)


def test_ticks_and_crosses_stand_beside_the_gradients(traces, opened):
    trace = traces("small")
    right = trace.layers[1]["dkernel"].value.copy()
    trace.layers[1]["dkernel"].value[:] *= 2
    try:
        trace.verify(methods=("complex", "central"))
        browser = opened(trace)
    finally:
        trace.layers[1]["dkernel"].value[:], trace.verification = right, None
    ticks = dict(
        browser.execute_script(
            "return [...document.querySelectorAll('#layer-1 .backward .array')].map((f) =>"
            " [f.querySelector('.name').textContent, f.querySelector('.ticks')?.textContent ?? ''])"
        )
    )
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
    chosen = browser.execute_script("return facts.arrays.findIndex((a) => a.time && a.name === 'kernel')")
    browser.execute_script(
        "const m = document.getElementById('moment'); m.value = 1; m.dispatchEvent(new Event('input'))"
    )
    assert browser.find_element("id", "moment-words").text.startswith("4: L = ")
    shown = browser.execute_script(
        "const p = pictures.get(arguments[0]), l = p.lay(); return entries(p.array)[l.tileBase(0) + l.right]", chosen
    )
    assert shown == snapshots.arrays[1]["out", "kernel"][0, 1]
    chosen = browser.execute_script("return facts.arrays.findIndex((a) => a.name === 'after.kernel')")
    browser.execute_script("choose(arguments[0], 4)", chosen)  # Adam with means that are not zero
    last = browser.find_elements("css selector", "#equation .sum")[-1].text.split(" = ")[1]
    adam = keras.optimizers.Adam
    assert isinstance(model.optimizer, adam)
    after = model.trace(x[:2], y[:2]).after
    assert abs(number(last) - next(iter(after.values())).ravel()[4]) < 1e-6

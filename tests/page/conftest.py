"""A headless Chromium; tests that need it are skipped where it is not installed."""

import shutil
import warnings

import numpy as np
import pytest

from . import models

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
STATE = "document.documentElement.style.scrollBehavior = 'auto'"


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver")
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def traces():
    """The trace of each model, made once."""
    made = {}

    def of(name):
        if name not in made:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                made[name] = getattr(models, name)(np.random.default_rng(5))
        return made[name]

    return of


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of a trace; afterwards there is no console error, and no request left the page."""

    def open_page(trace, **arguments):
        path = trace.page(tmp_path / "page.html", **arguments)
        browser.get(path.as_uri())
        browser.execute_script(STATE)
        return browser

    browser.get_log("browser")
    browser.get_log("performance")
    yield open_page
    assert browser.get_log("browser") == []
    requests = [entry["message"] for entry in browser.get_log("performance") if "requestWillBeSent" in entry["message"]]
    assert not [message for message in requests if '"url":"http' in message]

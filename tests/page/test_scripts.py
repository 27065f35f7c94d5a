"""The page's scripts, in the order in which the page holds them, have no fault that a linter finds."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from minikeras.page.document import SCRIPTS, asset

RULES = Path(__file__).with_name("oxlint.json")


def lint(text, folder):
    oxlint = shutil.which("oxlint", path=sysconfig.get_path("scripts")) or shutil.which("oxlint")
    if oxlint is None:
        pytest.skip("oxlint is not installed")
    (folder / "page.js").write_text(text, encoding="utf-8")
    done = subprocess.run([oxlint, "--config", RULES, folder / "page.js"], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_the_scripts_have_no_fault(tmp_path):
    code, found = lint('"use strict";\n' + "\n".join(map(asset, SCRIPTS)), tmp_path)
    assert code == 0, found


@pytest.mark.parametrize("fault", ["const unused = 1;", "undeclared();", "if (facts == 1) redraw();", "var old;"])
def test_a_fault_is_found(fault, tmp_path):
    code, _ = lint("\n".join(map(asset, SCRIPTS)) + fault, tmp_path)
    assert code == 1


def test_no_file_is_long():
    lengths = {name: len(asset(name).splitlines()) for name in (*SCRIPTS, "page.css", "page.html")}
    assert max(lengths.values()) < 350, lengths

"""minikeras page: writes the file."""

import pytest
from click.testing import CliRunner

from minikeras.cli.group import cli


def test_the_command_writes_the_page_of_the_articles_model_within_five_megabytes(tmp_path):
    pytest.importorskip("jinja2")
    path = tmp_path / "step.html"
    result = CliRunner().invoke(cli, ["page", "--sample", "--output", str(path)])
    assert result.exit_code == 0, result.output
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size < 5_000_000
    assert "Ankle boot" in text
    assert "<title>sequential" in text

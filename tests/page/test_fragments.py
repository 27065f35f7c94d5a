"""What a notebook shows of a trace, and of a gradient check."""

import base64
import io
import re

import numpy as np
import pytest

from minikeras.page import fragments


def pixels(html):
    image = pytest.importorskip("PIL.Image")
    data = re.search(r"base64,([^\"]+)", html)[1]
    return np.array(image.open(io.BytesIO(base64.b64decode(data))))


def test_a_picture_has_a_pixel_for_each_entry_in_the_pages_colours():
    shown = pixels(fragments.picture(np.array([[-2.0, 0.0, 2.0], [np.nan, np.inf, 0.02]]), "t"))
    assert shown[0].tolist() == [[33, 94, 168], [240, 240, 237], [184, 78, 8]]
    assert shown[1, :2].tolist() == [[224, 33, 138]] * 2
    assert all(middle > between for middle, between in zip((240, 240, 237), shown[1, 2], strict=True))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4), (2, 100, 200, 3), (300, 1)])
def test_a_picture_of_any_shape_is_small(shape):
    shown = pixels(fragments.picture(np.ones(shape, np.float32), "t"))
    assert shown.shape[0] <= 24
    assert shown.shape[1] <= 64


def test_an_array_without_entries_has_no_picture():
    assert fragments.picture(np.ones((2, 0)), "t") == ""


def test_names_and_titles_are_written_out(traces):
    html = traces("small")._repr_html_()
    assert html.count("<img ") == sum(1 for layer in traces("small").layers for _ in layer)
    assert "<b>" not in fragments.table([("<b>",), ("<b>",)], "<b>")
    assert "<b" not in fragments.picture(np.ones(2), "<b>")

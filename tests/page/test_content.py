"""What the page says beside its numbers, without a browser."""

from minikeras.page.content import Content


def test_layers_of_one_name_and_layers_with_others_inside_are_linked(traces):
    content = Content(traces("attention"))
    sections = {box["name"]: box["section"] for box in content.network["boxes"]}
    names = {name: content.sections[int(at.removeprefix("layer-"))]["name"] for name, at in sections.items() if at}
    assert names["heads"] == "heads/query"
    assert names["attention"] == "attentive/attention"
    assert names["scaled"] == "scaled"
    assert set(sections) - set(names) == {"x"}


def test_what_attention_is_given_is_said(traces):
    said = {array["title"]: array for array in Content(traces("attention")).arrays}
    assert said["scale of heads/attention"]["given"] == "It is a constant of the layer."
    assert "training" in said["scale of scaled"]["given"]
    for name in "qkvp":
        assert "one tile a head" in said[f"{name} of heads/attention"]["words"]
        assert "head" not in said[f"{name} of scaled"]["words"]
    assert (said["dx[2] of scaled"]["formula"], said["dy of scaled"]["formula"]) == ("", "dy = ∂L/∂y")

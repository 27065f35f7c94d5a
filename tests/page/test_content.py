"""What the page says beside its numbers, without a browser."""

from minikeras.page.content import Content


def test_layers_of_one_name_and_layers_with_others_inside_are_linked(traces):
    content = Content(traces("attention"))
    sections = {box["name"]: box["section"] for box in content.network["boxes"]}
    names = {name: content.sections[int(at.removeprefix("layer-"))]["name"] for name, at in sections.items() if at}
    assert names["multi_head_attention"] == "multi_head_attention/query"
    assert names["attention"] == "functional/attention"
    assert names["attention_1"] == "attention_1"
    assert set(sections) - set(names) == {"input_layer"}


def test_what_attention_is_given_is_said(traces):
    said = {array["title"]: array for array in Content(traces("attention")).arrays}
    assert said["scale of multi_head_attention/attention"]["given"] == "It is a constant of the layer."
    assert "training" in said["scale of attention_1"]["given"]
    for name in "qkvp":
        assert "one tile a head" in said[f"{name} of multi_head_attention/attention"]["words"]
        assert "head" not in said[f"{name} of attention_1"]["words"]
    assert (said["dx[2] of attention_1"]["formula"], said["dy of attention_1"]["formula"]) == ("", "dy = ∂L/∂y")

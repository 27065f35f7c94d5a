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

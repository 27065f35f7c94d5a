// What if: the cells that a planted mistake spoils.

const byNumber = facts.mistakes.map((m) => new Map(m.spoilt.map(([number, ...rest]) => [number, rest])));

/** What the chosen mistake does to an array: its wrong cells as bits, how many, of how many, error, values; or undefined. */
const spoiltOf = (number) => (state.mistake === null ? undefined : byNumber[state.mistake].get(number));

/** The wrong cells of an array as bits, or null. */
function spoiltBits(number) {
  const found = spoiltOf(number);
  return found ? bytesOf(found[0]) : null;
}
const hasBit = (bits, place) => (bits[place >> 3] >> (place & 7)) & 1;

/** A paragraph on a cell under the chosen mistake, or null. */
function spoiltWords(number, place) {
  if (state.mistake === null) return null;
  const found = spoiltOf(number), name = facts.mistakes[state.mistake].name.replaceAll("_", " ");
  if (!found || !hasBit(spoiltBits(number), place)) return make("p", "right", `Right, even with “${name}”.`);
  const a = facts.arrays[number];
  const value = found[4] === null ? "" : `: ${spelt(new TYPES[a.dtype](bytesOf(found[4]).buffer)[place], digitsOf(a))}`;
  return make("p", "wrong", `Wrong with “${name}”${value}`);
}

/** Switches a mistake on, or with null all of them off. */
function setMistake(mistake) {
  state.mistake = mistake;
  const holder = document.getElementById("mistake"), m = facts.mistakes[mistake];
  if (!m) holder.replaceChildren(make("p", "words", "Choose a mistake: the cells that it spoils turn red."));
  else {
    const cells = m.spoilt.reduce((sum, [, , count]) => sum + count, 0);
    const lines = [make("p", "", m.what), make("p", "words", `Where it was seen: ${m.seen}`)];
    if (m.accuracy !== null) {
      const percent = (value) => `${(100 * value).toFixed(1)} %`;
      lines.push(make("p", "", "Accuracy ", make("b", "", percent(m.accuracy)), " with it, ", make("b", "", percent(m.right_accuracy)), ` without; ${m.training}.`));
    }
    lines.push(make("p", cells ? "wrong" : "right", cells
      ? `${cells.toLocaleString("en")} cells in ${m.spoilt.length} arrays of this step are wrong.`
      : "No cell of this step is wrong: the model has nothing that this mistake touches, or it shows in other steps."));
    holder.replaceChildren(...lines);
  }
  for (const figure of document.querySelectorAll(".array")) {
    const found = spoiltOf(Number(figure.dataset.array)), words = figure.querySelector(".spoilt");
    words.hidden = !found;
    words.textContent = found ? `${found[1].toLocaleString("en")} of ${found[2].toLocaleString("en")} cells are wrong, error ${found[3]}` : "";
  }
  for (const input of document.querySelectorAll("[name=mistake]")) input.checked = input.value === (mistake === null ? "" : String(mistake));
  if (state.chosen) explain(state.chosen.number, state.chosen.place);
  redraw();
}

for (const input of document.querySelectorAll("[name=mistake]")) {
  input.addEventListener("change", () => setMistake(input.value === "" ? null : Number(input.value)));
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey || !facts.mistakes.length) return;
  const next = (state.mistake ?? -1) + 1;
  setMistake(next === facts.mistakes.length ? null : next);
});

// The page: rows, choice, tables, keys.

const pictures = new Map();
for (const holder of document.querySelectorAll("[data-picture]")) {
  const number = Number(holder.dataset.picture);
  pictures.set(number, new Picture(number, holder));
}
const redraw = () => pictures.forEach((picture) => picture.draw());

const seen = new IntersectionObserver((changes) => {
  for (const change of changes) {
    const picture = pictures.get(Number(change.target.dataset.picture));
    picture.visible = change.isIntersecting;
    picture.draw();
  }
}, { rootMargin: "400px" });
/** The widths are read when they change, since to ask for one after a change of the page costs a layout. */
const sized = new ResizeObserver((changes) => {
  for (const change of changes) {
    const picture = pictures.get(Number(change.target.dataset.picture));
    picture.width = change.contentRect.width;
    picture.draw();
  }
});
for (const picture of pictures.values()) {
  seen.observe(picture.holder);
  sized.observe(picture.holder);
}

/** Chooses a cell: its equation, the cells that enter it; goes there if asked. */
function choose(number, place, go = false) {
  const { row, time, lit: before, chosen: old } = state;
  state.chosen = { number, place };
  pictures.get(number)?.show(place);
  const lit = explain(number, place);
  state.lit = new Map();
  for (const [other, where] of lit) {
    if (!state.lit.has(other)) state.lit.set(other, new Set());
    state.lit.get(other).add(where);
  }
  if (state.row !== row || state.time !== time) redraw();
  else for (const other of new Set([number, old?.number, ...before.keys(), ...state.lit.keys()])) pictures.get(other)?.draw();
  if (go) {
    const figure = document.getElementById(`array-${number}`);
    figure.scrollIntoView({ block: "center" });
    figure.querySelector("canvas")?.focus({ preventScroll: true });
  }
}

/** Chooses the first z of the present row, or the first number with terms. */
function chooseExample() {
  const able = facts.arrays.filter((a) => a.rule && a.rule.parts && a.shape.every((n) => n > 0));
  const a = able.find((array) => array.name === "z") ?? able[0];
  if (!a) return;
  const at = indices(a, 0);
  if (a.batch !== null) at[a.batch] = state.row;
  choose(facts.arrays.indexOf(a), flat(a, at) ?? 0, true);
}

/** Goes to a row of the batch. */
function setRow(row, follow = true) {
  if (row === state.row && follow) return;
  state.row = row;
  document.getElementById("row").textContent = `row n = ${row} of ${facts.rows}`;
  fillHead();
  for (const holder of document.querySelectorAll("details.table[open]")) fillTable(holder);
  if (follow) {
    const chosen = state.chosen, a = chosen && facts.arrays[chosen.number];
    if (a && a.batch !== null && !a.time && (!a.kept[a.batch] || a.kept[a.batch].includes(row))) {
      const at = indices(a, chosen.place);
      at[a.batch] = row;
      choose(chosen.number, flat(a, at));
    }
    redraw();
  }
}

/** The loss of the present row: logits, probabilities, targets, p − t. */
function fillHead() {
  const { p, t, z, dz, values } = facts.head, holder = document.getElementById("head"), words = document.getElementById("prediction");
  if (p === undefined || t === undefined || facts.arrays[p].shape.length !== 2) {
    holder.replaceChildren(make("p", "words", "The loss of each row and its weight:"));
    return;
  }
  const at = (number, k) => { const place = flat(facts.arrays[number], [state.row, k]); return place === null ? null : [place, entries(facts.arrays[number])[place]]; };
  const a = facts.arrays[p], classes = a.kept[1] || [...Array(a.shape[1]).keys()];
  const rows = classes.map((k) => ({ k, p: at(p, k), t: at(t, k) })).filter((row) => row.p && row.t);
  if (!rows.length) return;
  const best = rows.reduce((u, v) => (v.p[1] > u.p[1] ? v : u)), right = rows.find((row) => row.t[1] === 1);
  if (right && classes.length > 1) {
    const sure = best.k === right.k ? "right" : "wrong";
    words.replaceChildren(`target ${nameOf(right.k)}, predicted ${nameOf(best.k)} with p = ${spelt(best.p[1], 3)} `, make("span", sure, sure === "right" ? "✓ right" : "✗ wrong"));
  }
  const table = make("table"), head = make("tr");
  for (const name of ["class k", ...(z === undefined ? [] : ["z, logit"]), "p", "t", "p − t", "(p − t) w = dz"]) head.append(make("th", "", name));
  head.querySelectorAll("th").forEach((cell) => (cell.scope = "col"));
  table.append(make("caption", "hidden", `The loss of row ${state.row}`), make("thead", "", head));
  const body = make("tbody");
  rows.sort((u, v) => v.t[1] - u.t[1] || v.p[1] - u.p[1]);
  for (const row of rows.slice(0, 24)) {
    const first = make("th", "", nameOf(row.k)), line = make("tr", row.t[1] === 1 ? "target" : "", first);
    first.scope = "row";
    const add = (number) => { const found = at(number, row.k); const b = link(number, [state.row, row.k], found[1]); b.className = ""; b.textContent = spelt(found[1], 5); line.append(make("td", "", b)); };
    if (z !== undefined) add(z);
    add(p);
    add(t);
    line.append(make("td", "", spelt(row.p[1] - row.t[1], 5)));
    add(dz);
    body.append(line);
  }
  table.append(body);
  const loss = facts.arrays[values], note = loss.shape.length === 1 ? `ℓ[${state.row}] = ${spelt(entries(loss)[flat(loss, [state.row])] ?? NaN)}` : "";
  const more = rows.length > 24 ? `; 24 of ${rows.length} classes, the most probable ones` : "";
  holder.replaceChildren(table, make("p", "words", note + more));
}

/** Goes to a snapshot: the curve's mark and the arrays over time. */
function setTime(time) {
  state.time = time;
  const { steps, losses } = facts.time, finite = [0, ...losses].filter((loss, i) => loss !== null && (i || losses.every((l) => l === null)));
  const top = Math.max(...finite), bottom = Math.min(...finite), last = steps[steps.length - 1] || 1;
  const point = (i) => [10 + (380 * steps[i]) / last, 95 - (80 * ((losses[i] ?? top) - bottom)) / (top - bottom || 1)];
  const node = (tag, attributes, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const [x, y] = point(time), line = node("polyline", { points: steps.map((_, i) => point(i).join(",")).join(" ") });
  const words = [node("text", { x: 10, y: 9 }, `L = ${spelt(top, 4)}`), node("text", { x: 10, y: 107 }, `L = ${spelt(bottom, 4)}`)];
  document.getElementById("curve").replaceChildren(line, node("circle", { cx: x, cy: y, r: 4 }), ...words);
  document.getElementById("moment").value = time;
  document.getElementById("moment-words").textContent = `${steps[time]}: L = ${losses[time] === null ? "no number" : spelt(losses[time], 5)}`;
  redraw();
}
const nameOf = (k) => (facts.classes && facts.classes[k] !== undefined ? `${k} ${facts.classes[k]}` : String(k));

/** The numbers behind a picture, as a table of at most 60 × 40. */
function fillTable(details) {
  const number = Number(details.closest(".array").dataset.array), picture = pictures.get(number), a = facts.arrays[number];
  const holder = details.querySelector(".scroll");
  if (picture.empty) return holder.replaceChildren("No entries.");
  const lay = picture.lay(), values = entries(a), rows = Math.min(lay.rows, 60), columns = Math.min(lay.columns, 40);
  const tile = picture.first, base = lay.tileBase(tile), table = make("table"), head = make("tr", "", make("td"));
  const index = (axis, i) => (axis === null ? "" : (!lay.view.picture && a.kept[axis] ? a.kept[axis][i] : i));
  const column = (c) => { const cell = make("th", "", String(index(lay.view.columns, c))); cell.scope = "col"; return cell; };
  for (let c = 0; c < columns; c++) head.append(column(c));
  const body = make("tbody");
  for (let r = 0; r < rows; r++) {
    const first = make("th", "", String(index(lay.view.rows, r))), line = make("tr", "", first);
    first.scope = "row";
    for (let c = 0; c < columns; c++) line.append(make("td", "", spelt(values[base + r * lay.down + c * lay.right], 6)));
    body.append(line);
  }
  const part = rows < lay.rows || columns < lay.columns || lay.tiles > 1;
  const words = part ? `${rows} × ${columns} of ${a.shape.join(" × ")}${lay.tiles > 1 ? `, tile ${tile}` : ""}${lay.view.batch !== null ? `, row n = ${state.row}` : ""}` : "";
  table.append(make("thead", "", head), body);
  holder.replaceChildren(make("p", "", words), table);
}

for (const details of document.querySelectorAll("details.table")) {
  details.addEventListener("toggle", () => details.open && fillTable(details));
}
const step = (by) => setRow((state.row + by + facts.rows) % facts.rows);
document.getElementById("previous").addEventListener("click", () => step(-1));
document.getElementById("next").addEventListener("click", () => step(1));
function closeEquation() {
  document.getElementById("equation").classList.remove("open");
  state.chosen = null;
  state.lit = new Map();
  redraw();
}
document.getElementById("example").addEventListener("click", chooseExample);
document.getElementById("close-equation").addEventListener("click", closeEquation);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "[") step(-1);
  if (event.key === "]") step(1);
  if (event.key === "Escape" && document.getElementById("tour").hidden) closeEquation();
});
dark.addEventListener("change", () => { drawLegend(); redraw(); });
addEventListener("beforeprint", () => pictures.forEach((picture) => { picture.visible = true; picture.draw(); }));

// A formula that is wider than its place scrolls, and can then be reached by the keyboard.
const wide = new ResizeObserver((entries) => {
  for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
});
document.querySelectorAll("figcaption .math").forEach((formula) => wide.observe(formula));

function drawLegend() {
  const stops = [-1, -0.5, 0, 0.5, 1].map((t) => `rgb(${colour(t).join(" ")})`);
  document.querySelector(".legend i").style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
}
drawLegend();
if (facts.time) {
  const moment = document.getElementById("moment");
  moment.addEventListener("input", () => setTime(Number(moment.value)));
  setTime(facts.time.steps.length - 1);
}
setRow(0, false);

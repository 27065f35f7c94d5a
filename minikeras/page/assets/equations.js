// The equation of a cell, with its numbers.

const MOST = 12; // terms that are written out
const FUNCTIONS = {
  linear: { value: (z) => z, slope: () => 1, text: (z) => z, slopeText: () => "1" },
  relu: { value: (z) => (z > 0 || Number.isNaN(z) ? z : 0), slope: (z) => (z > 0 ? 1 : 0), text: (z) => `max(0, ${z})`,
    slopeText: (z, v) => (v > 0 ? "1, since it is above 0" : "0, since it is not above 0") },
  sigmoid: { value: (z) => 1 / (1 + Math.exp(-z)), text: (z) => `1 / (1 + exp(−(${z})))`,
    slope: (z) => { const s = 1 / (1 + Math.exp(-z)); return s * (1 - s); }, slopeText: () => "y (1 − y)" },
  elu: { value: (z) => (z > 0 ? z : Math.expm1(z)), slope: (z) => (z > 0 ? 1 : Math.exp(z)),
    text: (z) => `elu(${z})`, slopeText: () => "1 above 0, exp(z) below" },
  tanh: { value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2, text: (z) => `tanh(${z})`,
    slopeText: () => "1 − y²" },
};

/** An element with a class, text and children. */
function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** A button that goes to a cell; an array of another layer has its layer's name. */
function link(number, at, value, home = facts.arrays[number].layer) {
  const a = facts.arrays[number], of = a.layer === home ? "" : a.title.slice(a.name.length);
  const button = make("button", "term", `${label(a, at)}${of} ${spelt(value, digitsOf(a))}`);
  button.type = "button";
  button.title = a.title + (a.words ? `: ${a.words}` : "");
  button.addEventListener("click", () => choose(number, flat(a, at), true));
  return button;
}

/** What an entry is made of: elements to show, and the cells that enter it. */
function account(number, place) {
  const a = facts.arrays[number], at = indices(a, place), value = entries(a)[place];
  const body = [], lit = [];
  const rule = a.rule;
  if (!rule) {
    body.push(make("p", "words", a.given || "The terms of this number are not written out for this kind of array; above stand its value and formula."));
  } else if (rule.parts || TERMS[rule.kind]) {
    const { found, whole, parts } = terms(a, at);
    found.sort((s, t) => Math.abs(t.product) - Math.abs(s.product) || 0);
    for (const term of found) for (const f of term.factors) lit.push([f.array, f.place]);
    if (rule.kind === "winner") lit.push([rule.of[1], place]);
    body.push(...sum(a, found, whole, value, parts));
  } else if (rule.kind === "adam") {
    body.push(...adam(rule, place, at, lit));
  } else if (rule.kind === "softmax") {
    body.push(...softmax(rule.of[0], at, lit, rule.of[1]));
  } else if (rule.kind === "softmax_back") {
    body.push(...softmaxBack(rule.of, at, lit));
  } else if (rule.before !== undefined) {
    const b = facts.arrays[rule.before], old = entries(b)[place];
    lit.push([rule.before, place]);
    body.push(line(["before ", link(rule.before, at, old)]), line([`change ${spelt(value - old)}`]));
  } else if (rule.function === "softmax") {
    body.push(...softmax(rule.of, at, lit));
  } else {
    body.push(...applied(rule, place, at, lit));
  }
  return { at, value, body, lit };
}

const line = (children) => make("p", "rule", ...children);

const SPELT = {
  copy: "the same number, in another place",
  row: "that column of the row with the id",
  rows: "Σ over all places that have this id",
  winner: "the largest entry of its window",
  won: "Σ over the windows in which it is the largest",
};

/** A factor of a term: a button, with what is done to its number. */
function factor({ array, at, value, slope }, home) {
  const button = link(array, at, value, home);
  if (slope === "tanh") return ["(1\u00a0−\u00a0", button, "²)"];
  if (slope === "sigmoid") return [button, ` · (1\u00a0−\u00a0${spelt(value)})`];
  return slope ? [`${slope}′ where it gives `, button] : [button];
}

function sum(a, found, whole, value, parts = []) {
  const total = found.reduce((s, term) => s + term.product, 0);
  const largest = Math.abs(found[0]?.product) || 1;
  const list = make("ol");
  for (const term of found.slice(0, MOST)) {
    const product = make("span", "", term.sign < 0 ? "− " : "");
    term.factors.forEach((f, i) => product.append(i ? " · " : "", ...factor(f, a.layer)));
    const bar = make("i", term.product < 0 ? "negative" : "");
    bar.style.width = `${Math.min(100, (100 * Math.abs(term.product)) / largest) || 0}%`;
    const meter = make("div", "meter", bar);
    list.append(make("li", "", make("div", "product", product, make("b", "", spelt(term.product))), meter));
  }
  if (found.length > MOST) {
    const rest = found.slice(MOST).reduce((s, term) => s + term.product, 0);
    const words = make("span", "", `and ${found.length - MOST} smaller terms, together`);
    list.append(make("li", "", make("div", "product", words, make("b", "", spelt(rest)))));
  }
  const around = a.rule.function, known = FUNCTIONS[around];
  if (!whole && !around) {
    const words = make("span", "", "terms that are not kept in this page, together");
    list.append(make("li", "", make("div", "product", words, make("b", "", spelt(value - total)))));
  }
  const says = whole ? `sum ${spelt(total, digitsOf(a))}` : around ? `sum of the kept terms ${spelt(total)}` : `sum ${spelt(value, digitsOf(a))}`;
  const lines = [make("p", "rule", `= ${around ? `${around} of ` : ""}${a.rule.parts ? parts.map((p) => p.text).join(" ").replace(/^\+ /, "") || "0" : SPELT[a.rule.kind]}`), list, make("p", "sum", says)];
  const size = found.reduce((s, term) => s + Math.abs(term.product), 0);
  if (whole && !around && spelt(total, digitsOf(a)) !== spelt(value, digitsOf(a)) && Number.isFinite(total)) {
    const words = `The terms are added in float64 here. In the step, every product and sum was rounded to ${a.dtype}:`;
    lines.push(make("p", "words", `${words} a difference of ${spelt(value - total, 2)}, which is ${spelt(Math.abs(value - total) / size, 2)} of the terms' sizes added up.`));
  }
  if (around && whole) lines.push(make("p", "sum", `${around}(${spelt(total)})${known ? ` = ${known.text(spelt(total))} = ${spelt(known.value(total))}` : ""}`));
  return lines;
}

/** w − α m / (√v + ε). */
function adam(rule, place, at, lit) {
  const [w, m, v] = rule.of.slice(0, 3).map((number) => entries(facts.arrays[number])[place]);
  const [alpha, epsilon] = rule.of.slice(3).map((number) => entries(facts.arrays[number])[0]);
  for (const number of rule.of.slice(0, 3)) lit.push([number, place]);
  for (const number of rule.of.slice(3)) lit.push([number, 0]);
  const [before, mean, square, rate, small] = rule.of.map((number, i) => link(number, i < 3 ? at : [], [w, m, v, alpha, epsilon][i]));
  const change = (alpha * m) / (Math.sqrt(v) + epsilon);
  return [
    line(["= before − α m / (√v + ε)"]),
    line(["before ", before]), line(["α ", rate]), line(["m ", mean]), line(["v ", square]), line(["ε ", small]),
    line([`√v + ε = ${spelt(Math.sqrt(v) + epsilon)}`]),
    line([`α m / (√v + ε) = ${spelt(change)}`]),
    make("p", "sum", `${spelt(w)} − ${spelt(change)} = ${spelt(w - change)}`),
  ];
}

function applied(rule, place, at, lit) {
  const of = facts.arrays[rule.of], z = entries(of)[place], known = FUNCTIONS[rule.function];
  lit.push([rule.of, place]);
  if (rule.dy === undefined) {
    const text = known ? `= ${known.text(spelt(z))} = ${spelt(known.value(z))}` : `= ${rule.function}(${spelt(z)})`;
    return [line([`= ${rule.function}(`, link(rule.of, at, z), ")"]), line([text])];
  }
  const dy = entries(facts.arrays[rule.dy])[place];
  lit.push([rule.dy, place]);
  const lines = [line([`= ${rule.function}′(`, link(rule.of, at, z), ") · ", link(rule.dy, at, dy)])];
  if (known) {
    const slope = known.slope(z);
    lines.push(line([`${rule.function}′ = ${known.slopeText(spelt(z), z)}${slope === 0 || slope === 1 ? "" : ` = ${spelt(slope)}`}`]));
    lines.push(make("p", "sum", `${spelt(slope)} · ${spelt(dy)} = ${spelt(slope * dy)}`));
  }
  return lines;
}

/** The entries along the last axis, largest first. */
function along(a, at) {
  return range(a, a.shape.length - 1).map((k) => { const w = [...at.slice(0, -1), k]; return { at: w, place: flat(a, w), value: entries(a)[flat(a, w)] }; });
}

/** A list of products, the largest first; of many, the first ones. */
const listed = (rows) => make("ol", "", ...rows.slice(0, MOST).map(([parts, value]) =>
  make("li", "", make("div", "product", make("span", "", ...parts), make("b", "", spelt(value))))));

function softmax(number, at, lit, allowed) {
  const z = facts.arrays[number], mask = allowed === undefined ? null : facts.arrays[allowed];
  const all = along(z, at).filter((e) => !mask || entries(mask)[flat(mask, e.at)]);
  const greatest = Math.max(...all.map((e) => e.value)), share = (v) => Math.exp(v - greatest);
  const total = all.reduce((s, e) => s + share(e.value), 0);
  all.forEach((e) => lit.push([number, e.place]));
  const rows = all.sort((a, b) => b.value - a.value).map((e) => [["exp ", link(number, e.at, e.value)], share(e.value)]);
  const mine = mask && !entries(mask)[flat(mask, at)] ? 0 : share(entries(z)[flat(z, at)]);
  const words = mask ? "; j goes over what the mask allows" : z.kept[z.kept.length - 1] ? "; over the kept indices alone" : "";
  return [line([`= exp ${label(z, at)} / Σⱼ exp ${z.name}[…, j]; the largest ${z.name} is subtracted first, which changes nothing${words}`]),
    listed(rows), make("p", "sum", `${spelt(mine)} / ${spelt(total)} = ${spelt(mine / total)}`)];
}

function softmaxBack([p, d], at, lit) {
  const y = facts.arrays[p], dy = facts.arrays[d], ds = along(dy, at), rows = along(y, at).map((e, j) => {
    lit.push([p, e.place], [d, ds[j].place]);
    return [[link(p, e.at, e.value), " · ", link(d, ds[j].at, ds[j].value)], e.value * ds[j].value];
  });
  const mean = rows.reduce((s, [, product]) => s + product, 0), mine = entries(y)[flat(y, at)], own = entries(dy)[flat(dy, at)];
  rows.sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  return [line([`= ${y.name} · (${dy.name} − Σⱼ ${y.name}[…, j] · ${dy.name}[…, j])`]),
    line(["= ", link(p, at, mine), " · (", link(d, at, own), ` − ${spelt(mean)})`]), listed(rows),
    make("p", "sum", `= ${spelt(mine * (own - mean))}`)];
}

/** Shows the equation of a cell. */
function explain(number, place) {
  const a = facts.arrays[number], { at, value, body, lit } = account(number, place);
  const math = document.querySelector(`#array-${number} figcaption .math`);
  const shown = [make("p", "words", a.title + (a.words && a.words !== a.title ? `: ${a.words}` : ""))];
  shown.push(make("p", "value", `${label(a, at)} = ${spelt(value, digitsOf(a))}`));
  const spoilt = spoiltWords(number, place);
  if (spoilt) shown.push(spoilt);
  if (math) shown.push(make("div", "math", math.cloneNode(true)));
  document.getElementById("equation-body").replaceChildren(...shown, ...body);
  document.getElementById("equation").classList.add("open");
  return lit;
}

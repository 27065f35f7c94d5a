// The equation of a cell, with its numbers.

const MOST = 12; // terms that are written out
const FUNCTIONS = {
  linear: { value: (z) => z, slope: () => 1, text: (z) => z, slopeText: () => "1" },
  relu: { value: (z) => (z > 0 ? z : 0 * z), slope: (z) => (z > 0 ? 1 : 0), text: (z) => `max(0, ${z})`,
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

/** A button that goes to a cell. */
function link(number, at, value) {
  const a = facts.arrays[number];
  const button = make("button", "term", `${label(a, at)} ${spelt(value, digitsOf(a))}`);
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
    const { found, whole } = terms(a, at);
    found.sort((s, t) => Math.abs(t.product) - Math.abs(s.product) || 0);
    for (const term of found) for (const f of term.factors) lit.push([f.array, f.place]);
    if (rule.kind === "winner") lit.push([rule.of[1], place]);
    body.push(...sum(a, found, whole, value));
  } else if (rule.kind === "adam") {
    body.push(...adam(rule, place, at, lit));
  } else if (rule.kind === "softmax") {
    body.push(...softmax(facts.arrays[rule.of[0]], rule.of[0], at, lit));
  } else if (rule.before !== undefined) {
    const b = facts.arrays[rule.before], old = entries(b)[place];
    lit.push([rule.before, place]);
    body.push(line(["before ", link(rule.before, at, old)]), line([`change ${spelt(value - old)}`]));
  } else if (rule.softmax !== undefined) {
    body.push(...softmaxBack(rule, at, lit));
  } else if (rule.function === "softmax") {
    body.push(...softmax(facts.arrays[rule.of], rule.of, at, lit));
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

function sum(a, found, whole, value) {
  const total = found.reduce((s, term) => s + term.product, 0);
  const largest = Math.abs(found[0]?.product) || 1;
  const list = make("ol");
  for (const term of found.slice(0, MOST)) {
    const parts = make("span", "", term.sign < 0 ? "− " : "");
    term.factors.forEach((f, i) => parts.append(i ? " · " : "", link(f.array, f.at, f.value)));
    const bar = make("i", term.product < 0 ? "negative" : "");
    bar.style.width = `${Math.min(100, (100 * Math.abs(term.product)) / largest) || 0}%`;
    const meter = make("div", "meter", bar);
    list.append(make("li", "", make("div", "product", parts, make("b", "", spelt(term.product))), meter));
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
  const lines = [make("p", "rule", `= ${around ? `${around} of ` : ""}${a.rule.text || SPELT[a.rule.kind]}`), list, make("p", "sum", says)];
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

function softmax(z, number, at, lit) {
  const all = along(z, at), greatest = Math.max(...all.map((e) => e.value));
  const total = all.reduce((s, e) => s + Math.exp(e.value - greatest), 0);
  const list = make("ol");
  all.forEach((e) => lit.push([number, e.place]));
  all.sort((a, b) => b.value - a.value).slice(0, MOST).forEach((e) => {
    const parts = make("span", "", "exp ", link(number, e.at, e.value));
    list.append(make("li", "", make("div", "product", parts, make("b", "", spelt(Math.exp(e.value - greatest))))));
  });
  const mine = Math.exp(entries(z)[flat(z, at)] - greatest);
  const cut = z.kept[z.kept.length - 1] ? " (over the kept indices alone)" : "";
  return [line([`= exp ${label(z, at)} / Σⱼ exp ${z.name}[…, j]; the largest ${z.name} is subtracted first, which changes nothing`]), list,
    make("p", "sum", `${spelt(mine)} / ${spelt(total)} = ${spelt(mine / total)}${cut}`)];
}

function softmaxBack(rule, at, lit) {
  const y = facts.arrays[rule.softmax], dy = facts.arrays[rule.dy], ys = along(y, at), ds = along(dy, at);
  const mean = ys.reduce((s, e, i) => s + e.value * ds[i].value, 0);
  ys.forEach((e, i) => lit.push([rule.softmax, e.place], [rule.dy, ds[i].place]));
  const mine = entries(y)[flat(y, at)], d = entries(dy)[flat(dy, at)];
  return [line(["= ", link(rule.softmax, at, mine), " · (", link(rule.dy, at, d), ` − ${spelt(mean)})`]),
    make("p", "sum", `= ${spelt(mine * (d - mean))}`)];
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

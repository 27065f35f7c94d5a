// The arrays of the page: their bytes, their entries, their sums.

const facts = JSON.parse(document.getElementById("facts").textContent);
const blobs = JSON.parse(document.getElementById("blobs").textContent);
const TYPES = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
const decoded = new Map();

/** The bytes of a blob. */
function bytesOf(blob) {
  if (!decoded.has(blob)) {
    const text = atob(blobs[blob]), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    decoded.set(blob, bytes);
  }
  return decoded.get(blob);
}

/** The kept entries of an array, flat. */
const entries = (a) => (a.values ??= new TYPES[a.dtype](bytesOf(a.blob).buffer));

/** How many indices of each axis are kept. */
const sizes = (a) => (a.sizes ??= a.shape.map((n, axis) => (a.kept[axis] ? a.kept[axis].length : n)));

/** The place of an index among the kept ones of an axis; -1 if it is not kept, NaN if the axis has no such index. */
function placeOf(a, axis, index) {
  if (!(index >= 0 && index < a.shape[axis])) return NaN;
  if (!a.kept[axis]) return index;
  a.places ??= a.kept.map((kept) => kept && new Map(kept.map((k, place) => [k, place])));
  return a.places[axis].get(index) ?? -1;
}

/** The indices of an axis that are kept. */
const range = (a, axis) => a.kept[axis] || [...Array(a.shape[axis]).keys()];

/** The flat place of an entry: null if it is not kept, NaN if there is none. */
function flat(a, at) {
  let place = 0, known = true;
  const kept = sizes(a);
  for (let axis = 0; axis < at.length; axis++) {
    const i = placeOf(a, axis, at[axis]);
    if (Number.isNaN(i)) return NaN;
    if (i < 0) known = false;
    place = place * kept[axis] + i;
  }
  return known ? place : null;
}

/** The indices of a flat place. */
function unravelled(shape, place) {
  const at = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = place % shape[axis];
    place = Math.floor(place / shape[axis]);
  }
  return at;
}

/** The indices of the entry at a flat place among the kept ones. */
const indices = (a, place) => unravelled(sizes(a), place).map((i, axis) => (a.kept[axis] ? a.kept[axis][i] : i));

/** A number to the digits that its dtype holds. */
function spelt(value, digits = 7) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const near = Number(value.toPrecision(digits)), small = near !== 0 && Math.abs(near) < 1e-4;
  return (small ? near.toExponential() : String(near)).replace(/-/g, "−");
}
const digitsOf = (a) => (a.dtype === "float64" ? 12 : 7);
const label = (a, at) => (at.length ? `${a.name}[${at.join(", ")}]` : a.name);

/** The terms that an entry is the sum of, and whether all of them are kept. */
function terms(a, at) {
  return a.rule.parts ? products(a.rule, at) : TERMS[a.rule.kind](a.rule, at, a);
}

/** The terms of a sum of products, and the parts of the rule that they belong to. */
function products(rule, at) {
  const found = [], bound = {}, parts = [];
  let whole = true;
  rule.out.forEach((letter, axis) => (bound[letter] = at[axis]));
  for (const part of rule.parts) {
    if (part.only && !holds(part.only, bound)) continue;
    const ranges = new Map();
    for (const factor of part.factors) {
      const b = facts.arrays[factor.array];
      factor.at.forEach((index, axis) => {
        const letters = Object.keys(index).filter((k) => k !== "+" && k !== "/");
        if (letters.length !== 1 || index["+"] || index["/"] !== 1 || index[letters[0]] !== 1) return;
        const letter = letters[0];
        if (letter in bound || ranges.has(letter)) return;
        ranges.set(letter, range(b, axis));
        if (b.kept[axis]) whole = false;
      });
    }
    walk([...ranges], { ...bound }, (values) => {
      const factors = part.factors.map((f) => [f.array, f.at.map((index) => indexOf(index, values)), f.slope]);
      const term = productOf(factors, part.sign);
      if (term) found.push(term);
      if (term === null) whole = false;
      if (term !== undefined && !parts.includes(part)) parts.push(part);
    });
  }
  return { found, whole, parts };
}

/** Whether a part of a rule is for these indices: ["t", "=", 4], ["k", "<", 8]. */
const holds = ([letter, sign, limit], values) => (sign === "=" ? values[letter] === limit : values[letter] < limit);

/** Slopes of functions from what the functions gave, rounded as the engine rounds. */
const SLOPES = {
  tanh: (y, round) => round(1 - round(y * y)),
  sigmoid: (y, round) => round(y * round(1 - y)),
  relu: (y) => (y > 0 ? 1 : 0),
  linear: () => 1,
};

/** A product of entries; undefined if one of them lies outside its array (padding), null if one is not kept. */
function productOf(entriesAt, sign = 1) {
  let product = sign;
  const factors = [];
  for (const [array, at, slope] of entriesAt) {
    const b = facts.arrays[array], place = flat(b, at);
    if (Number.isNaN(place)) return undefined;
    if (place === null) return null;
    const value = entries(b)[place];
    product *= slope ? SLOPES[slope](value, b.dtype === "float32" ? Math.fround : (v) => v) : value;
    factors.push({ array, at, place, value, slope });
  }
  return { product, factors, sign };
}

/** The terms of rules that are no sums of products; each gives the entries that are added. */
const TERMS = {
  copy: ({ of: [x] }, at, a) => single(x, unravelled(facts.arrays[x].shape, at.reduce((place, i, axis) => place * a.shape[axis] + i, 0))),
  row: ({ of: [table, ids] }, at) => {
    const id = valueAt(ids, at.slice(0, -1));
    return id === null ? { found: [], whole: false } : single(table, [id, at[at.length - 1]]);
  },
  rows: ({ of: [dy, ids] }, [id, k]) => {
    const a = facts.arrays[ids], places = [...entries(a).keys()].filter((place) => entries(a)[place] === id);
    return gathered(places.map((place) => [dy, [...indices(a, place), k]]), a.kept.every((kept) => !kept));
  },
  winner: ({ of: [x, winner], numbers }, at) => {
    const tap = valueAt(winner, at), { sizes: window, strides, before } = geometry(numbers);
    if (tap === null) return { found: [], whole: false };
    return single(x, moved(at, taps(tap, window).map((t, axis) => strides[axis] * at[axis + 1] + t - before[axis])));
  },
  won: ({ of: [dy, winner], numbers }, at) => {
    const found = [], { sizes: window, strides, before } = geometry(numbers);
    for (let tap = 0; tap < window.reduce((p, n) => p * n, 1); tap++) {
      const where = moved(at, taps(tap, window).map((t, axis) => (at[axis + 1] + before[axis] - t) / strides[axis]));
      if (where.every(Number.isInteger) && valueAt(winner, where) === tap) found.push([dy, where]);
    }
    return gathered(found, facts.arrays[winner].kept.every((kept) => !kept));
  },
};

/** The sizes of a window, its strides and the zeros before the array, from their numbers in a row. */
function geometry(numbers) {
  const rank = numbers.length / 3;
  return { sizes: numbers.slice(0, rank), strides: numbers.slice(rank, 2 * rank), before: numbers.slice(2 * rank) };
}

/** The place of a tap in its window. */
const taps = (tap, window) => window.map((n, axis) => Math.floor(tap / window.slice(axis + 1).reduce((p, m) => p * m, 1)) % n);

/** An index with other places between its first and its last axis. */
const moved = (at, places) => [at[0], ...places, at[at.length - 1]];
const single = (array, at) => gathered([[array, at]]);
function gathered(places, whole = true) {
  const all = places.map((place) => productOf([place]));
  return { found: all.filter(Boolean), whole: whole && !all.includes(null) };
}

/** The value of an entry; null if it is not kept, NaN if there is none. */
function valueAt(number, at) {
  const a = facts.arrays[number], place = flat(a, at);
  return place === null || Number.isNaN(place) ? place : entries(a)[place];
}

function indexOf(index, values) {
  let sum = index["+"];
  for (const [letter, times] of Object.entries(index)) {
    if (letter !== "+" && letter !== "/") sum += times * values[letter];
  }
  const i = sum / index["/"];
  return Number.isInteger(i) ? i : NaN;
}

function walk(ranges, values, visit) {
  if (!ranges.length) return visit(values);
  const [[letter, range], ...rest] = ranges;
  for (const i of range) {
    values[letter] = i;
    walk(rest, values, visit);
  }
}

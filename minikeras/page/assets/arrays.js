// The arrays of the page: their bytes, their entries, their sums.

const facts = JSON.parse(document.getElementById("facts").textContent);
const blobs = JSON.parse(document.getElementById("blobs").textContent);
const TYPES = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
const decoded = new Map();

/** The kept entries of an array, flat. */
function entries(a) {
  if (a.values) return a.values;
  const key = a.dtype + a.blob;
  if (!decoded.has(key)) {
    const text = atob(blobs[a.blob]);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    decoded.set(key, new TYPES[a.dtype](bytes.buffer));
  }
  return (a.values = decoded.get(key));
}

/** How many indices of an axis are kept. */
const sizes = (a) => a.shape.map((n, axis) => (a.kept[axis] ? a.kept[axis].length : n));

/** The place of an index among the kept ones of an axis; -1 if it is not kept, NaN if the axis has no such index. */
function placeOf(a, axis, index) {
  if (!(index >= 0 && index < a.shape[axis])) return NaN;
  return a.kept[axis] ? a.kept[axis].indexOf(index) : index;
}

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

/** The indices of the entry at a flat place. */
function indices(a, place) {
  const kept = sizes(a), at = new Array(kept.length);
  for (let axis = kept.length - 1; axis >= 0; axis--) {
    const i = place % kept[axis];
    at[axis] = a.kept[axis] ? a.kept[axis][i] : i;
    place = Math.floor(place / kept[axis]);
  }
  return at;
}

/** A number to the digits that its dtype holds. */
function spelt(value, digits = 7) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return String(Number(value.toPrecision(digits))).replace(/-/g, "−");
}
const digitsOf = (a) => (a.dtype === "float64" ? 12 : 7);
const label = (a, at) => (at.length ? `${a.name}[${at.join(", ")}]` : a.name);

/** The sum of products that an entry is: its terms, and whether all of them are kept. */
function terms(a, at) {
  const rule = a.rule, found = [];
  let whole = true;
  const bound = {};
  rule.out.forEach((letter, axis) => (bound[letter] = at[axis]));
  for (const part of rule.parts) {
    const ranges = new Map();
    for (const factor of part.factors) {
      const b = facts.arrays[factor.array];
      factor.at.forEach((index, axis) => {
        const letters = Object.keys(index).filter((k) => k !== "+" && k !== "/");
        if (letters.length !== 1 || index["+"] || index["/"] !== 1 || index[letters[0]] !== 1) return;
        const letter = letters[0];
        if (letter in bound || ranges.has(letter)) return;
        ranges.set(letter, b.kept[axis] || [...Array(b.shape[axis]).keys()]);
        if (b.kept[axis]) whole = false;
      });
    }
    walk([...ranges], { ...bound }, (values) => {
      let product = part.sign;
      const factors = [];
      for (const factor of part.factors) {
        const b = facts.arrays[factor.array];
        const where = factor.at.map((index) => indexOf(index, values));
        const place = flat(b, where);
        if (Number.isNaN(place)) return; // padding, or no such window
        if (place === null) { whole = false; return; }
        const value = entries(b)[place];
        product *= value;
        factors.push({ array: factor.array, at: where, place, value });
      }
      found.push({ product, factors, sign: part.sign });
    });
  }
  return { found, whole };
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

// Heat maps: an array as rows, columns and tiles on a canvas.

const MOST_TILES = 40, CELL = 46, TALLEST = 300;
const dark = matchMedia("(prefers-color-scheme: dark)");
const state = { row: 0, time: 0, chosen: null, lit: new Map(), mistake: null };
const RED = [214, 16, 24], NONE = [224, 33, 138], BAR = 84;
const ENDS = { light: [[33, 94, 168], [240, 240, 237], [184, 78, 8]], dark: [[110, 176, 245], [34, 37, 44], [244, 150, 70]] };

/** The colours of the values −1, −1 + 1/256, …, 1. */
const PALETTES = Object.fromEntries(Object.entries(ENDS).map(([scheme, [low, middle, high]]) => {
  const colours = [...Array(513).keys()].map((k) => {
    const end = k < 256 ? low : high, s = (Math.abs(k - 256) / 256) ** 0.8;
    return middle.map((m, i) => Math.round(m + (end[i] - m) * s));
  });
  return [scheme, colours];
}));

/** The colour of a value between −1 and 1. */
const colour = (t) => PALETTES[dark.matches ? "dark" : "light"][Math.round(256 * Math.max(-1, Math.min(1, t))) + 256];

/** Black or white, whichever is easier to read on a colour. */
function inkOn(rgb) {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#101216" : "#ffffff";
}

class Picture {
  constructor(number, holder) {
    this.number = number;
    this.array = facts.arrays[number];
    this.holder = holder;
    this.view = 0;
    this.first = 0;
    this.visible = false;
    this.made = new Map();
    this.empty = this.array.shape.some((n) => n === 0);
    if (this.empty) {
      holder.append(make("p", "words", "This array has no entries: one of its axes has the size 0."));
      return;
    }
    this.canvas = make("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", `${this.array.title}, shape ${this.array.shape.join(" × ") || "one number"}. Arrows choose a cell.`);
    this.canvas.addEventListener("click", (event) => this.click(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("mousemove", (event) => this.hover(event));
    this.tools = make("div", "tools");
    holder.append(this.canvas, this.tools);
  }

  /** The row of the batch that is shown; of an array over time, the snapshot. */
  get shownRow() {
    return this.array.time ? state.time : state.row;
  }

  /** Rows, columns and tiles of the present view, in strides of the flat array. */
  lay() {
    const a = this.array, view = a.views[this.view], dims = view.picture ? view.shape : sizes(a);
    const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((p, n) => p * n, 1));
    const size = (axis) => (axis === null ? 1 : dims[axis]), stride = (axis) => (axis === null ? 0 : strides[axis]);
    const tiles = view.tiles.reduce((p, axis) => p * dims[axis], 1);
    let base = 0;
    if (view.batch !== null) base = Math.min(this.shownRow, dims[view.batch] - 1) * strides[view.batch];
    const tileBase = (t) => {
      let sum = base;
      for (let i = view.tiles.length - 1; i >= 0; i--) {
        const axis = view.tiles[i];
        sum += (t % dims[axis]) * strides[axis];
        t = Math.floor(t / dims[axis]);
      }
      return sum;
    };
    return { view, dims, strides, rows: size(view.rows), columns: size(view.columns), down: stride(view.rows),
      right: stride(view.columns), tiles, tileBase };
  }

  /** Where an entry stands: tile, row and column; null if it belongs to another row of the batch. */
  find(place, lay) {
    const at = (axis) => (axis === null ? 0 : Math.floor(place / lay.strides[axis]) % lay.dims[axis]);
    const { view, dims } = lay;
    if (view.batch !== null && at(view.batch) !== Math.min(this.shownRow, dims[view.batch] - 1)) return null;
    return { tile: view.tiles.reduce((t, axis) => t * dims[axis] + at(axis), 0), row: at(view.rows), column: at(view.columns) };
  }

  /** Draws the picture; its cells are kept on a canvas of their own, since a click changes only what lies above. */
  draw() {
    if (this.empty || !this.visible) return;
    const a = this.array, values = entries(a), lay = (this.now = this.lay());
    if (a.scale === undefined) {
      a.scale = 0;
      for (const v of values) if (Number.isFinite(v)) a.scale = Math.max(a.scale, Math.abs(v));
    }
    const shown = Math.min(lay.tiles - this.first, MOST_TILES), width = Math.max(60, (this.width ??= this.holder.clientWidth));
    const square = lay.view.square || lay.tiles > 1;
    const across = shown === 1 ? 1 : Math.min(shown, Math.max(1, Math.floor((width + 3) / (Math.min(Math.max(lay.columns * 2, 40), 84) + 3))));
    const room = (width - 3 * (across - 1)) / across;
    let x = Math.min(CELL, room / lay.columns), y = Math.min(26, TALLEST / lay.rows);
    if (lay.view.bars) y = BAR;
    if (square) x = y = Math.min(x, shown === 1 ? Math.min(26, TALLEST / lay.rows) : 26);
    const down = Math.ceil(shown / across), tileWidth = x * lay.columns, tileHeight = y * lay.rows;
    Object.assign(this, { x, y, across, shown, tileWidth, tileHeight });
    const w = Math.max(4, across * (tileWidth + 3) - 3), h = Math.max(4, down * (tileHeight + 3) - 3), dpr = devicePixelRatio || 1;
    const size = [Math.round(w * dpr), Math.round(h * dpr)], lit = state.lit.get(this.number);
    const key = [this.view, this.first, lay.tileBase(0), dark.matches, state.mistake, ...size].join(" ");
    if (this.drawn !== key) {
      this.drawn = key;
      this.base = make("canvas");
      [this.base.width, this.base.height] = [this.canvas.width, this.canvas.height] = size;
      this.canvas.style.width = `${w}px`;
      this.canvas.style.height = `${h}px`;
      const below = this.base.getContext("2d");
      below.scale(dpr, dpr);
      for (let t = 0; t < shown; t++) this.drawTile(below, lay, values, t);
      this.drawTools(lay);
    }
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ...size);
    ctx.drawImage(this.base, 0, 0);
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    const faded = Boolean(lit) && this.lightUp(ctx, lay, values, lit, w, h);
    this.writeNumbers(ctx, lay, values, faded ? lit : null);
    this.outlineRow(ctx, lay);
    this.outlineChosen(ctx, lay);
  }

  corner(t) {
    return [(t % this.across) * (this.tileWidth + 3), Math.floor(t / this.across) * (this.tileHeight + 3)];
  }

  drawTile(ctx, lay, values, t) {
    if (lay.view.bars) return this.drawBars(ctx, lay, values);
    const [left, top] = this.corner(t);
    ctx.imageSmoothingEnabled = this.x < 1 || this.y < 1;
    ctx.drawImage(this.tile(lay, values, lay.tileBase(this.first + t)), left, top, this.tileWidth, this.tileHeight);
  }

  /** One row of numbers as bars, each with its number above. */
  drawBars(ctx, lay, values) {
    const base = lay.tileBase(0), spoilt = spoiltBits(this.number), rgb = (c) => `rgb(${c.join(" ")})`;
    for (let c = 0; c < lay.columns; c++) {
      const place = base + c * lay.right, v = values[place], part = Number.isFinite(v) ? Math.abs(v) / (this.array.scale || 1) : 1;
      const height = Math.max(1, part * (BAR - 16));
      ctx.fillStyle = rgb(spoilt && hasBit(spoilt, place) ? RED : Number.isFinite(v) ? colour(0.8) : NONE);
      ctx.fillRect(c * this.x + 1, BAR - height, Math.max(1, this.x - 2), height);
    }
  }

  /** The colour of a cell, with the wrong cells of a mistake in red. */
  colourOf(values, place, spoilt) {
    const a = this.array, v = values[place], s = a.scale ? v / a.scale : 0;
    if (spoilt && hasBit(spoilt, place)) return RED;
    if (!Number.isFinite(v)) return NONE;
    return a.gray && a.numbers.least >= 0 ? [255 * s, 255 * s, 255 * s] : colour(s);
  }

  /** A tile with one pixel for each cell; made once for each view and scheme of colours. */
  tile(lay, values, base) {
    const key = `${this.view} ${base} ${dark.matches} ${state.mistake}`, { rows, columns } = lay;
    if (this.made.has(key)) return this.made.get(key);
    const off = make("canvas");
    off.width = columns;
    off.height = rows;
    const image = new ImageData(columns, rows), spoilt = spoiltBits(this.number);
    for (let r = 0, at = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const [red, green, blue] = this.colourOf(values, base + r * lay.down + c * lay.right, spoilt);
        image.data[at++] = red;
        image.data[at++] = green;
        image.data[at++] = blue;
        image.data[at++] = 255;
      }
    }
    off.getContext("2d").putImageData(image, 0, 0);
    if (this.made.size > 2 * MOST_TILES) this.made.clear();
    this.made.set(key, off);
    return off;
  }

  cell(spot) {
    const [left, top] = this.corner(spot.tile - this.first);
    return [left + spot.column * this.x, top + spot.row * this.y, this.x, this.y];
  }

  /** Fades all cells but those that enter the chosen one; false if none of them is in sight. */
  lightUp(ctx, lay, values, lit, w, h) {
    const spoilt = spoiltBits(this.number), spots = [];
    for (const place of lit) {
      const spot = this.find(place, lay);
      if (spot && spot.tile >= this.first && spot.tile < this.first + this.shown) spots.push([spot, place]);
    }
    if (!spots.length || lay.view.bars) return false;
    ctx.fillStyle = dark.matches ? "rgba(27,30,36,.62)" : "rgba(255,255,255,.62)";
    ctx.fillRect(0, 0, w, h);
    for (const [spot, place] of spots) {
      const [x, y, dx, dy] = this.cell(spot);
      ctx.fillStyle = `rgb(${this.colourOf(values, place, spoilt).map(Math.round).join(" ")})`;
      ctx.fillRect(x - Math.max(0, 1 - dx / 2), y - Math.max(0, 1 - dy / 2), Math.max(dx, 2), Math.max(dy, 2));
    }
    return true;
  }

  writeNumbers(ctx, lay, values, lit) {
    if (this.x < 36 || this.y < 16) return;
    ctx.font = "10.5px ui-monospace, 'DejaVu Sans Mono', monospace";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    const spoilt = spoiltBits(this.number);
    for (let t = 0; t < this.shown; t++) {
      const base = lay.tileBase(this.first + t);
      for (let r = 0; r < lay.rows; r++) {
        for (let c = 0; c < lay.columns; c++) {
          const place = base + r * lay.down + c * lay.right, v = values[place], faded = lit && !lit.has(place);
          const [x, y, dx, dy] = this.cell({ tile: this.first + t, row: r, column: c });
          if (lay.view.bars) {
            ctx.fillStyle = dark.matches ? "#e8e8e4" : "#1d2129";
            ctx.fillText(short(v), x + dx / 2, 8);
            continue;
          }
          ctx.fillStyle = faded ? (dark.matches ? "#e8e8e4" : "#1d2129") : inkOn(this.colourOf(values, place, spoilt));
          ctx.fillText(short(v), x + dx / 2, y + dy / 2 + 0.5);
        }
      }
    }
  }

  /** A mark beside the present row of a matrix whose rows are the batch. */
  outlineRow(ctx, lay) {
    const a = this.array, place = state.row;
    if (a.batch !== 0 || a.time || a.shape.length > 2 || lay.view.picture || lay.view.bars || facts.rows < 2 || place >= lay.rows * lay.columns) return;
    const inColumns = a.shape.length === 1;
    ctx.strokeStyle = dark.matches ? "#82bdf5" : "#0b5cad";
    ctx.lineWidth = 2;
    if (inColumns) ctx.strokeRect(place * this.x + 1, 1, this.x - 2, this.y - 2);
    else ctx.strokeRect(1, place * this.y + 1, this.tileWidth - 2, this.y - 2);
  }

  outlineChosen(ctx, lay) {
    if (!state.chosen || state.chosen.number !== this.number) return;
    const spot = this.find(state.chosen.place, lay);
    if (!spot || spot.tile < this.first || spot.tile >= this.first + this.shown) return;
    const [x, y, dx, dy] = this.cell(spot), size = [Math.max(dx, 7), Math.max(dy, 7)];
    const corner = [x + dx / 2 - size[0] / 2, y + dy / 2 - size[1] / 2];
    for (const [style, width] of [[dark.matches ? "#000" : "#fff", 5], [dark.matches ? "#fff" : "#111", 2.5]]) {
      ctx.strokeStyle = style;
      ctx.lineWidth = width;
      ctx.strokeRect(...corner, ...size);
    }
  }

  drawTools(lay) {
    const children = [];
    const button = (text, action) => {
      const b = make("button", "", text);
      b.type = "button";
      b.setAttribute("aria-label", `${text}: ${this.array.title}`);
      b.addEventListener("click", action);
      children.push(b);
    };
    if (this.array.views.length > 1) {
      button(lay.view.picture ? "As a matrix" : "As pictures", () => {
        this.view = (this.view + 1) % this.array.views.length;
        this.first = 0;
        this.draw();
      });
    }
    if (lay.tiles > MOST_TILES) {
      button("‹", () => this.turn(-1));
      children.push(`${this.first}–${this.first + this.shown - 1} of ${lay.tiles}`);
      button("›", () => this.turn(1));
    }
    this.tools.replaceChildren(...children);
  }

  turn(by) {
    const lay = this.lay(), pages = Math.ceil(lay.tiles / MOST_TILES);
    this.first = ((this.first / MOST_TILES + by + pages) % pages) * MOST_TILES;
    this.draw();
  }

  /** The flat place below the mouse, or null. */
  at(event) {
    if (!this.now) return null;
    const box = this.canvas.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
    const across = Math.floor(px / (this.tileWidth + 3)), down = Math.floor(py / (this.tileHeight + 3)), t = down * this.across + across;
    const c = Math.floor((px - across * (this.tileWidth + 3)) / this.x), r = Math.floor((py - down * (this.tileHeight + 3)) / this.y);
    if (t < 0 || t >= this.shown || across >= this.across) return null;
    const row = Math.min(r, this.now.rows - 1), column = Math.min(c, this.now.columns - 1);
    if (row < 0 || column < 0) return null;
    return this.now.tileBase(this.first + t) + row * this.now.down + column * this.now.right;
  }

  click(event) {
    const place = this.at(event);
    if (place !== null) choose(this.number, place);
  }

  hover(event) {
    const place = this.at(event);
    this.canvas.title = place === null ? "" : `${label(this.array, indices(this.array, place))} = ${spelt(entries(this.array)[place])}`;
  }

  key(event) {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }, move = moves[event.key];
    if (!move && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const lay = this.lay();
    const mine = state.chosen && state.chosen.number === this.number ? this.find(state.chosen.place, lay) : null;
    const spot = mine || { tile: this.first, row: 0, column: 0 };
    if (mine && move) {
      spot.row = Math.max(0, Math.min(lay.rows - 1, spot.row + move[0]));
      spot.column += move[1];
      if (spot.column < 0 && spot.tile > 0) Object.assign(spot, { tile: spot.tile - 1, column: lay.columns - 1 });
      if (spot.column >= lay.columns && spot.tile < lay.tiles - 1) Object.assign(spot, { tile: spot.tile + 1, column: 0 });
      spot.column = Math.max(0, Math.min(lay.columns - 1, spot.column));
    }
    choose(this.number, lay.tileBase(spot.tile) + spot.row * lay.down + spot.column * lay.right);
  }

  /** Turns to the page of tiles, and to the row of the batch, in which an entry is seen. */
  show(place) {
    if (this.empty) return;
    const a = this.array;
    if (a.time) setTime(indices(a, place)[0]);
    else if (a.batch !== null) setRow(indices(a, place)[a.batch], false);
    const spot = this.find(place, this.lay());
    if (spot) this.first = Math.floor(spot.tile / MOST_TILES) * MOST_TILES;
  }
}

/** A number in at most five signs or so, for a cell. */
function short(v) {
  if (!Number.isFinite(v)) return spelt(v);
  const size = Math.abs(v);
  const text = size === 0 ? "0" : size < 0.001 || size >= 10000 ? v.toExponential(0) : size < 1 ? v.toFixed(3) : v.toPrecision(3);
  return text.replace(/^(-?)0\./, "$1.").replaceAll("-", "−");
}

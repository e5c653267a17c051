// The what-if: boxes and sliders in, numbers and a curve out. Nothing leaves the page.

const digits = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "–");
const percent = (value) =>
  !Number.isFinite(value) ? "–"
  : value > 0 && value < 0.001 ? "below 0.1%"
  : value < 1 && value > 0.999 ? "above 99.9%"
  : `${(100 * value).toFixed(1)}%`;

class Panel {
  constructor(root, data, functions) {
    this.root = root;
    this.data = prepare(data);
    const count = data.parts.length;
    this.laws = functions.slice(0, count);
    this.derived = data.derived.map((place, k) => [place, functions[count + k]]);
    this.rows = [...root.querySelectorAll("[data-input]")].map((row) => ({
      box: row.querySelector("[data-box]"),
      slider: row.querySelector("[data-slider]"),
      follow: row.querySelector("[data-follow]"),
    }));
    this.values = this.rows.map(({ box }) => Number(box.dataset.value));
    this.against = 0;
    this.rows.forEach((row, k) => {
      row.box.addEventListener("input", () => this.typed(k, parseNumber(row.box.value)));
      row.box.addEventListener("change", () => this.write(k));
      row.slider.addEventListener("input", () => {
        this.typed(k, Number((10 ** row.slider.value).toPrecision(3)));
        this.write(k);
      });
      row.follow?.addEventListener("change", () => this.refresh());
    });
    for (const name of ["kind", "limit"])
      for (const item of root.querySelectorAll(`[data-${name}]`))
        item.addEventListener("input", () => this.refresh());
    this.refresh();
  }

  get options() {
    const ask = (selector) => this.root.querySelector(selector);
    return {
      kind: ask("[data-kind]:checked").value,
      limit: parseNumber(ask("[data-limit]").value),
    };
  }

  // The inputs with those that follow from others computed, as bayescale computes them.
  completed(values) {
    const whole = [...values];
    for (const [place, formula] of this.derived)
      if (this.rows[place].follow.checked) whole[place] = formula(whole);
    return whole;
  }

  typed(place, value) {
    const { follow } = this.rows[place];
    if (follow) follow.checked = false;
    this.values[place] = value;
    this.against = place;
    this.refresh();
  }

  // All inputs at once; those that follow from others still do where they agree.
  place(values) {
    this.values = [...values];
    for (const [k, formula] of this.derived)
      this.rows[k].follow.checked = Math.abs(formula(values) / values[k] - 1) < 1e-6;
    this.refresh();
  }

  write(place) {
    const { box, slider } = this.rows[place];
    const value = this.values[place];
    if (Number.isFinite(value) && document.activeElement !== box) box.value = formatNumber(value, 4);
    if (value >= 0) slider.value = Math.log10(Math.max(value, 1e-300));
    slider.setAttribute("aria-valuetext", formatNumber(value));
  }

  fault(values) {
    for (const [k, item] of this.data.inputs.entries()) {
      const value = values[k];
      if (!(Number.isFinite(value) && (value > 0 || (value === 0 && item.zero))))
        return `${item.symbol} must be a number ${item.zero ? "of zero or more" : "above zero"}, such as 70B or 7e10.`;
      if (item.most !== null && value > values[item.most] * (1 + 1e-9))
        return `${item.symbol} is never more than ${this.data.inputs[item.most].symbol}.`;
    }
    return "";
  }

  refresh() {
    const start = performance.now();
    const values = this.completed(this.values);
    this.rows.forEach((row, k) => {
      if (row.follow?.checked) {
        this.values[k] = values[k];
        row.box.value = formatNumber(values[k], 4);
      }
      if (document.activeElement !== row.slider) this.write(k);
    });
    const fault = this.fault(values);
    this.root.querySelector("[data-fault]").textContent = fault;
    const found = fault ? {} : forecast(this.data, this.laws, values, this.options);
    for (const item of this.root.querySelectorAll("[data-answer]")) {
      const value = found[item.dataset.answer] ?? NaN;
      const show = { percent, digits, decades: (v) => (Number.isFinite(v) ? v.toFixed(1) : "–") };
      item.dataset.value = String(value);
      item.textContent = show[item.dataset.as](value);
    }
    this.root.dataset.milliseconds = String(performance.now() - start);
    clearTimeout(this.later);
    if (!fault) this.later = setTimeout(() => this.draw(values), 30);
  }

  // Forecast against the input that was moved last, the others as they are.
  draw(values) {
    const place = this.against;
    const { min, max } = this.rows[place].slider;
    const step = Math.max(1, Math.floor(this.data.size / 1000));
    const { kind, limit } = this.options;
    const points = [];
    for (let k = 0; k <= 24; k++) {
      const x = 10 ** (Number(min) + ((max - min) * k) / 24);
      const held = values.with(place, x);
      const followed = this.rows[place].follow?.checked ? held : this.completed(held);
      if (this.fault(followed)) continue;
      const found = predict(this.data, this.laws, followed, step);
      const sorted = sortedLogs(found, kind);
      points.push([x, ...[0.05, 0.25, 0.5, 0.75, 0.95].map((q) => responseQuantile(sorted, q))]);
    }
    const item = this.data.inputs[place];
    const now = forecast(this.data, this.laws, values, this.options);
    const seen = this.data.observed;
    drawChart(this.root.querySelector("[data-chart]"), {
      points, seen, limit,
      now: [values[place], now.median],
      data: [item.low, item.high],
      x: this.root.querySelectorAll("[data-input]")[place].dataset.input,
      y: this.root.dataset.response,
    });
  }
}

// Round numbers on a logarithmic axis, few enough to read.
function logTicks(low, high) {
  const span = Math.log10(high / low);
  const within = (list) => list.filter((v) => v >= low * 0.999 && v <= high * 1.001);
  const decades = [];
  for (let k = Math.floor(Math.log10(low)); k <= Math.ceil(Math.log10(high)); k++)
    decades.push(Number(`1e${k}`));
  if (span > 2.2) {
    const every = Math.ceil(span / 5);
    return within(decades).filter((_, k) => k % every === 0);
  }
  if (span > 0.8) return within(decades.flatMap((v) => [v, 2 * v, 5 * v]));
  const plain = (high - low) / 5;
  const unit = 10 ** Math.floor(Math.log10(plain));
  const size = [1, 2, 5, 10].map((v) => v * unit).find((v) => v >= plain);
  const ticks = [];
  for (let v = Math.ceil(low / size) * size; v <= high; v += size) ticks.push(Number(v.toPrecision(6)));
  return ticks;
}

function drawChart(svg, { points, seen, limit, now, data, x, y }) {
  // As wide as it is shown, so that its words keep their size on a phone.
  const width = Math.min(640, Math.max(300, svg.clientWidth || 640));
  const [height, left, right, top, bottom] = [Math.max(230, width / 2), 58, 14, 16, 44];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  if (points.length < 2) return svg.replaceChildren();
  const ys = [...points.flatMap((p) => [p[1], p[5]]), ...seen.map((p) => p[1]), now[1]].filter((v) => v > 0);
  const [lowX, highX] = [points[0][0], points.at(-1)[0]];
  const [lowY, highY] = [Math.min(...ys) / 1.01, Math.max(...ys) * 1.01];
  const share = (value, low, high) => Math.log(value / low) / Math.log(high / low);
  const px = (v) => (left + (width - left - right) * share(v, lowX, highX)).toFixed(1);
  const py = (v) => (height - bottom - (height - top - bottom) * share(v, lowY, highY)).toFixed(1);
  const make = (name, attributes, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  const line = (column) => points.map((p) => `${px(p[0])},${py(p[column])}`);
  const band = (low, high) => [...line(low), ...line(high).reverse()].join(" ");
  const items = [];
  const [first, last] = data.map((v) => Number(px(Math.min(Math.max(v, lowX), highX))));
  for (const [from, to] of [[left, first], [last, width - right]])
    items.push(make("rect", { x: from, y: top, width: Math.max(0, to - from), height: height - top - bottom, class: "beyond" }));
  items.push(make("polygon", { points: band(1, 5), class: "band wide" }));
  items.push(make("polygon", { points: band(2, 4), class: "band" }));
  items.push(make("polyline", { points: line(3).join(" "), class: "median" }));
  for (const p of seen)
    if (p[0] >= lowX && p[0] <= highX) items.push(make("circle", { cx: px(p[0]), cy: py(p[1]), r: 2.5, class: "seen" }));
  if (limit >= lowY && limit <= highY)
    items.push(make("line", { x1: left, x2: width - right, y1: py(limit), y2: py(limit), class: "limit" }));
  if (now[0] >= lowX && now[0] <= highX) items.push(make("circle", { cx: px(now[0]), cy: py(now[1]), r: 5, class: "now" }));
  for (const v of logTicks(lowX, highX))
    items.push(make("text", { x: px(v), y: height - bottom + 18, "text-anchor": "middle" }, formatNumber(v)));
  for (const v of logTicks(lowY, highY)) {
    items.push(make("line", { x1: left, x2: width - right, y1: py(v), y2: py(v), class: "grid" }));
    items.push(make("text", { x: left - 8, y: Number(py(v)) + 4, "text-anchor": "end" }, formatNumber(v)));
  }
  items.push(make("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle", class: "axis" }, x));
  items.push(make("text", { x: 2, y: top - 5, class: "axis" }, y));
  svg.replaceChildren(...items);
}

// Budgets of a plan: each sets the what-if before it to the plan's design.
function budgetSlider(root) {
  const panel = panels[root.dataset.budgets];
  const rows = [...root.querySelectorAll("[data-budget-row]")];
  const slider = root.querySelector("[data-budget]");
  const show = (event) => {
    if (event) panel.place(JSON.parse(rows[slider.value].dataset.design));
    rows.forEach((row, k) => (row.hidden = k !== Number(slider.value)));
    slider.setAttribute("aria-valuetext", rows[slider.value].dataset.budgetRow);
  };
  slider.addEventListener("input", show);
  show();
}

const panels = [...document.querySelectorAll("[data-panel]")].map(
  (root, k) => new Panel(root, JSON.parse(document.getElementById(`numbers-${k}`).textContent), FUNCTIONS[k]),
);
for (const root of document.querySelectorAll("[data-budgets]")) budgetSlider(root);

// Forecasts of one new point, as bayescale makes them: see bayescale/forecast.

const decode = (text) =>
  new Float64Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

// Numbers as people type them (70B, 1.4T, 5.9e23, 1,000), as bayescale.numbers reads them.
const SUFFIXES = { "": 1, K: 1e3, M: 1e6, B: 1e9, G: 1e9, T: 1e12 };
const NUMBER =
  /^([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,4})?)\s*([kmbgt]?)$/i;

function parseNumber(text) {
  const found = NUMBER.exec(text.trim());
  return found ? Number(found[1].replaceAll(",", "")) * SUFFIXES[found[2].toUpperCase()] : NaN;
}

function formatNumber(value, digits = 3) {
  const rounded = Number(value.toExponential(digits - 1));
  const size = Math.abs(rounded);
  if (size >= 1e3 && size < 1e15) {
    const [name, unit] = [["T", 1e12], ["B", 1e9], ["M", 1e6], ["K", 1e3]].find((u) => size >= u[1]);
    return String(Number((rounded / unit).toPrecision(digits))) + name;
  }
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return rounded.toExponential().replace("e+", "e");
  return String(rounded);
}

// What came as base64 is decoded once.
function prepare(data) {
  for (const part of data.parts) {
    for (const [name, text] of Object.entries(part.draws)) part.draws[name] = decode(text);
    part.parameters = part.parameters.map(decode);
    if (part.slopes) {
      part.slopes.errors = part.slopes.errors.map(decode);
      part.slopes.beyond = decode(part.slopes.beyond);
      part.slopes.held = part.slopes.held.map((value) => [value]);
    }
  }
  data.size = data.parts.reduce((sum, part) => sum + part.draws.noise.length, 0);
  return data;
}

// Log of the law's curve at every draw, or at every so-many-th.
function logCurve(part, law, inputs, step) {
  const x = inputs.map((value, k) => value / part.reference[k]);
  const out = new Float64Array(Math.ceil(part.draws.noise.length / step));
  for (let i = 0, j = 0; j < out.length; i += step, j++)
    out[j] = Math.log(law(x, part.parameters, i));
  return out;
}

function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

// Log of the law's curve with the errors of its slopes: bayescale/posterior/slopes.py in the page.
function fullCurve(part, law, inputs, step) {
  const log = logCurve(part, law, inputs, step);
  if (!part.slopes) return log;
  const { knots, beyond } = slopeWeights(part, law, inputs);
  const count = part.draws.noise.length;
  const add = (weight, draws) => {
    for (let j = 0; j < log.length; j++) log[j] += weight * draws[j * step];
  };
  knots.forEach((weights, axis) => weights.forEach((weight, k) => {
    if (weight !== 0) add(weight, part.slopes.errors[axis].subarray(k * count, (k + 1) * count));
  }));
  beyond.forEach((weight, k) => {
    if (weight !== 0) add(weight, part.slopes.beyond.subarray(k * count, (k + 1) * count));
  });
  return log;
}

// Weights of the knots of each axis, and of the further slopes below and above the data.
function slopeWeights(part, law, inputs) {
  const { zero, held, edges, first, steps } = part.slopes;
  const logs = inputs.map((v, k) => {
    const ratio = v / part.reference[k];
    return Math.log(zero[k] ? (ratio + 1) / 2 : ratio);
  });
  const scaled = (u) => u.map((v, k) => (zero[k] ? 2 * Math.exp(v) - 1 : Math.exp(v)));
  const logLaw = (u) => Math.log(law(scaled(u), held, 0));
  const total = (values) => values.reduce((sum, v) => sum + v, 0);
  const several = logs.length > 1;
  // The inputs, their ratios, and their mean: the size.
  const ends = [...logs, ...pairs(logs, (a, b) => b - a)];
  if (several) ends.push(total(logs) / logs.length);
  const counts = part.slopes.errors.map((x) => x.length / part.draws.noise.length);
  const knots = counts.map((count) => new Float64Array(count));
  const beyond = new Float64Array(2 * ends.length);
  for (let q = 0; q < steps; q++) {
    const [from, middle, to] = [q / steps, (q + 0.5) / steps, (q + 1) / steps];
    const at = logs.map((u) => u * middle);
    // Differences of fourth order: what Python takes from a complex step.
    const h = 1e-4;
    const slopes = at.map((_, j) => {
      const f = (d) => logLaw(at.with(j, at[j] + d * h));
      return (f(-2) - 8 * f(-1) + 8 * f(1) - f(2)) / (12 * h);
    });
    const sizes = pairs(slopes, (a, b) => (Math.abs(a) + Math.abs(b)) / 2);
    const along = [...slopes, ...sizes, ...(several ? [total(slopes)] : [])];
    along.forEach((slope, j) => {
      const pull = (slope * ends[j]) / steps;
      const last = knots[j].length - 1;
      const place = Math.min(Math.max(ends[j] * middle - first[j], 0), last - 1e-9);
      const k = Math.floor(place);
      knots[j][k] += pull * (1 - (place - k));
      knots[j][k + 1] += pull * (place - k);
      const [low, high] = edges[j];
      beyond[2 * j] += pull * shareAbove(-ends[j] * from, -ends[j] * to, -low);
      beyond[2 * j + 1] += pull * shareAbove(ends[j] * from, ends[j] * to, high);
    });
  }
  return { knots, beyond };
}

function pairs(values, join) {
  return values.flatMap((a, k) => values.slice(k + 1).map((b) => join(a, b)));
}

// Share of a step of the way that lies above an edge.
function shareAbove(one, other, edge) {
  const width = Math.max(Math.abs(other - one), 1e-300);
  return Math.min(1, Math.max(0, (Math.max(one, other) - edge) / width));
}

// Factor on the noise of a point of this size.
function noiseFactor(part, inputs, step) {
  const { smallest, middle, low, high } = part.size;
  const logs = inputs.map((v, k) => Math.log(Math.max(v, smallest[k])));
  const mean = logs.reduce((sum, v) => sum + v, 0) / logs.length;
  const size = Math.min(high, Math.max(low, mean)) - middle;
  const { noise, noise_trend: trend } = part.draws;
  return Float64Array.from({ length: Math.ceil(noise.length / step) }, (_, j) =>
    Math.exp(trend[j * step] * size));
}

// Row of the one observed curve that a point follows; -1 where it lies before all.
function following(curve, inputs) {
  const seen = curve.inputs[curve.growing];
  const limit = inputs[curve.growing] * (1 + 1e-9);
  let row = -1;
  seen.forEach((value, k) => {
    if (value <= limit && (row < 0 || value > seen[row])) row = k;
  });
  return row;
}

// Forecast in the scenarios of one law, as bayescale.forecast makes it.
function forecastOf(part, law, inputs, step) {
  const log = fullCurve(part, law, inputs, step);
  const at = (name, j) => part.draws[name][j * step];
  const row = part.curve ? following(part.curve, inputs) : -1;
  let location = log;
  const factor = noiseFactor(part, inputs, step);
  let scale = log.map((_, j) => at("noise_scale", j) * factor[j]);
  if (part.runs) {
    const { growing, early } = part.runs;
    const first = inputs.with(growing, Math.min(early, inputs[growing]));
    const before = fullCurve(part, law, first, step);
    scale = scale.map((s, j) =>
      Math.hypot(s, at("noise_level", j), at("noise_gain", j) * (log[j] - before[j])));
  }
  if (row >= 0) {
    const { growing, log_response: seen, nearest } = part.curve;
    const from = part.curve.inputs.map((x) => x[row]);
    const start = fullCurve(part, law, from, step);
    const gap = Math.max(Math.log(inputs[growing] / from[growing]), nearest);
    const rho = log.map((_, j) => Math.exp(-gap / at("noise_length", j)));
    location = log.map((value, j) => value + rho[j] * (seen[row] - start[j]));
    scale = scale.map((s, j) => s * Math.sqrt(1 - rho[j] ** 2));
  }
  return {
    location,
    scale,
    dof: log.map((_, j) => at("noise_dof", j)),
    noise: log.map((_, j) => at("noise", j)),
  };
}

// Decades beyond the observed runs, alone in an input or in size: bayescale/forecast/reach.py.
function reachOf({ reach }, inputs) {
  const beyond = (at, [low, high]) => Math.max(at - high, (low ?? -Infinity) - at);
  const size = reach.size.reduce(
    (sum, k) => sum + Math.log10(inputs[k] > 0 ? inputs[k] : reach.least[k]), 0);
  const alone = inputs.map((value, k) =>
    beyond(value > 0 ? Math.log10(value) : reach.ends[k][1], reach.ends[k]));
  const furthest = Math.max(beyond(size, reach.sizes), ...alone);
  return furthest > 1e-9 ? furthest : 0;
}

// Distribution of a new point in every scenario: location and scale of the log response, degrees
// of freedom, noise. Several laws are a mixture: each has its own scenarios.
function predict(data, laws, inputs, step = 1) {
  const reach = reachOf(data, inputs);
  const each = data.parts.map((part, k) => forecastOf(part, laws[k], inputs, step));
  const whole = (name) => Float64Array.from(each.flatMap((found) => [...found[name]]));
  const [location, scale, dof, noise] = ["location", "scale", "dof", "noise"].map(whole);
  return { location, scale, dof, noise, reach };
}

// Log responses, in order, of the law's curve ("mean") or of one new run ("run").
function sortedLogs(found, kind) {
  if (kind === "mean") return Float64Array.from(found.location).sort();
  const clip = (v) => Math.min(700, Math.max(-700, v));
  return found.location.map((v, j) => clip(v + found.scale[j] * found.noise[j])).sort();
}

// Quantile of responses from ordered logs: the two nearest are what is averaged.
function responseQuantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const [a, b] = [Math.exp(sorted[low]), Math.exp(sorted[Math.min(low + 1, sorted.length - 1)])];
  return a + (b - a) * (at - low);
}

// Lanczos' approximation (g = 7, n = 9), to fifteen digits.
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
function logGamma(x) {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const sum = LANCZOS.reduce((s, c, k) => s + c / (x + k), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(x + 6.5) - (x + 6.5) + Math.log(sum);
}

// Continued fraction of the incomplete beta function, Lentz's way.
function betaFraction(x, a, b) {
  const safe = (v) => (Math.abs(v) < 1e-300 ? 1e-300 : v);
  let c = 1;
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= 1000; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / safe(1 + term * d);
      c = safe(1 + term / c);
      h *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-13) break;
  }
  return h;
}

// Student's t distribution function.
function studentCdf(t, dof) {
  if (!Number.isFinite(t)) return t > 0 ? 1 : 0;
  const [a, b] = [dof / 2, 0.5];
  const ratio = (t * t) / dof;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) - a * Math.log1p(ratio) + b * Math.log(ratio / (1 + ratio)),
  );
  const x = 1 / (1 + ratio);
  const both =
    ratio === 0 ? 1
    : x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(ratio / (1 + ratio), b, a)) / b;
  return t > 0 ? 1 - both / 2 : both / 2;
}

// Probability that the response lies below a limit.
function probabilityBelow(found, kind, limit) {
  const log = Math.log(limit);
  const each =
    kind === "mean"
      ? found.location.map((v) => (v < log ? 1 : 0))
      : found.location.map((v, j) => studentCdf((log - v) / found.scale[j], found.dof[j]));
  return each.reduce((sum, v) => sum + v, 0) / each.length;
}

// Everything that a page says of one point.
function forecast(data, laws, inputs, { kind, limit }) {
  const found = predict(data, laws, inputs);
  const sorted = sortedLogs(found, kind);
  const at = (share) => responseQuantile(sorted, share);
  return {
    median: at(0.5),
    lower50: at(0.25),
    upper50: at(0.75),
    lower90: at(0.05),
    upper90: at(0.95),
    probability: limit > 0 ? probabilityBelow(found, kind, limit) : NaN,
    reach: found.reach,
  };
}

// Figures as SVG, from the numbers of a view. Nothing here computes physics.

import { drawn, element, renew } from "./dom.js";

const NARROW = matchMedia("(max-width: 600px)");

function prefixed(largest) {
  for (const [size, unit] of [[1e9, "GHz"], [1e6, "MHz"], [1e3, "kHz"]]) if (largest >= size) return [size, unit];
  return [1, "Hz"];
}

function ticks(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((k) => k * power >= rough);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

const label = (number) => String(number).replace("-", "−");

function frame(title, width, height, margin) {
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  svg.append(drawn("path", { class: "axis", d: `M${margin.left} ${margin.top}V${height - margin.bottom}H${width - margin.right}` }));
  return svg;
}

function key(entries) {
  const list = element("ul", { class: "key" });
  for (const [shape, text] of entries) {
    const sample = drawn("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" }, shape);
    list.append(element("li", {}, sample, text));
  }
  return list;
}

const sampleLine = (name) => drawn("path", { class: name, d: "M0 6H26" });
const sampleDot = (name) => drawn("circle", { class: name, cx: 13, cy: 6, r: 4 });
const sampleBar = (name) => drawn("rect", { class: name, x: 5, y: 1, width: 16, height: 10 });

// S(Δ): the curve of the setting, that of A, and what the full model gives where it was solved.
export function curve(place, link, other, full, stale, shown) {
  if (!link || !link.detuning_hz.length) {
    renew(place, element("p", { class: "quiet" }, "There is no S(Δ): no Fock state is singled out, or no pair was solved."));
    return;
  }
  const [width, height] = [NARROW.matches ? 350 : 480, 300]; // texts are not scaled down on a narrow page
  const margin = { left: 56, right: 14, top: 14, bottom: 44 };
  let low = Math.min(...link.detuning_hz), high = Math.max(...link.detuning_hz);
  const centre = shown === "blockade" ? link.blockade_hz : shown.startsWith("r") ? link.resonances[Number(shown.slice(1))]?.detuning_hz : undefined;
  if (centre !== undefined) [low, high] = [centre - 8 * link.half_width_hz, centre + 8 * link.half_width_hz];
  const inside = (points) => points.filter(([x, y]) => x >= low && x <= high && Number.isFinite(y));
  const points = (of) => (of ? inside(of.detuning_hz.map((x, k) => [x, of.S[k] ?? NaN])) : []);
  const [now, a, dots] = [points(link), points(other), points(full)];
  const top = Math.max(1e-12, ...[...now, ...a, ...dots].map(([, y]) => y)) * 1.08;
  const origin = centre ?? 0;
  const [size, unit] = prefixed(Math.max(Math.abs(low - origin), Math.abs(high - origin)));
  const x = (value) => margin.left + ((value - low) / (high - low)) * (width - margin.left - margin.right);
  const y = (value) => height - margin.bottom - (value / top) * (height - margin.top - margin.bottom);
  const svg = frame(`S of ${link.name} against the detuning; largest ${Math.max(...now.map(([, s]) => s)).toPrecision(3)}`, width, height, margin);
  for (const value of ticks(0, top, 5)) {
    svg.append(drawn("line", { class: "grid", x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }));
    svg.append(drawn("text", { x: margin.left - 6, y: y(value) + 4, "text-anchor": "end" }, label(value)));
  }
  for (const value of ticks((low - origin) / size, (high - origin) / size, 5)) {
    const at = x(value * size + origin);
    svg.append(drawn("line", { class: "axis", x1: at, x2: at, y1: height - margin.bottom, y2: height - margin.bottom + 5 }));
    svg.append(drawn("text", { x: at, y: height - margin.bottom + 20, "text-anchor": "middle" }, label(value)));
  }
  const name = centre === undefined ? `Δ/2π (${unit})` : `Δ/2π from there (${unit})`;
  svg.append(drawn("text", { x: (margin.left + width - margin.right) / 2, y: height - 6, "text-anchor": "middle" }, name));
  svg.append(drawn("text", { x: 14, y: height / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${height / 2})` }, "S"));
  const upright = (value, kind) => drawn("line", { class: kind, x1: x(value), x2: x(value), y1: margin.top, y2: height - margin.bottom });
  for (const one of link.resonances) if (one.detuning_hz >= low && one.detuning_hz <= high) svg.append(upright(one.detuning_hz, "resonance"));
  const stands = link.name !== "twin" && link.working_detuning_hz >= low && link.working_detuning_hz <= high;
  if (stands) svg.append(upright(link.working_detuning_hz, "here"));
  const path = (of) => "M" + of.map(([u, v]) => `${x(u).toFixed(1)} ${y(v).toFixed(1)}`).join("L");
  if (a.length) svg.append(drawn("path", { class: "a", d: path(a) }));
  if (now.length) svg.append(drawn("path", { class: "now", d: path(now) }));
  for (const [u, v] of dots) svg.append(drawn("circle", { class: stale ? "full stale" : "full", cx: x(u), cy: y(v), r: 4.5 }));
  const entries = [[sampleLine("now"), other ? "B, this setting, eliminated" : "this setting, eliminated"]];
  if (other) entries.push([sampleLine("a"), "A, eliminated"]);
  if (full) entries.push([sampleDot(stale ? "full stale" : "full"), stale ? "full model, of an earlier setting" : "full model, this setting"]);
  entries.push([sampleLine("resonance"), "resonances " + link.resonance_texts.join(", ")]);
  if (stands) entries.push([sampleLine("here"), "where the nodes stand"]);
  const error = `Between ${link.solved_hz.length} solved detunings S is right to about ${link.error_text}${link.refined ? "" : ", refined when the sliders rest"}; V/2π = ${link.coupling_text}; S(resonance)/S(blockade point) = ${link.contrast_text}.`;
  renew(place, svg, key(entries), element("figcaption", { class: "quiet" }, error));
}

// Populations of the levels.
export function populations(place, node, other, full, stale) {
  const held = node.populations.map((p) => p ?? 0);
  const more = (full?.populations ?? []).map((p) => p ?? 0);
  const least = Math.min(held.length, node.target + 3);
  const last = Math.max(...[held, more].map((of) => of.findLastIndex((p) => p > 1e-3)));
  const count = Math.min(Math.max(least, last + 2), held.length, 10);
  const [width, height] = [340, 300];
  const margin = { left: 56, right: 14, top: 14, bottom: 44 };
  const title = `Populations: P(${node.target}) = ${node.population_texts[node.target] ?? "unknown"}`;
  const svg = frame(title, width, height, margin);
  const slot = (width - margin.left - margin.right) / count;
  const y = (value) => height - margin.bottom - value * (height - margin.top - margin.bottom);
  for (const value of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(drawn("line", { class: "grid", x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }));
    svg.append(drawn("text", { x: margin.left - 6, y: y(value) + 4, "text-anchor": "end" }, label(value)));
  }
  const series = [["now-fill", held], ...(other ? [["a-fill", other.populations]] : [])];
  const bar = Math.min(36, (0.7 * slot) / series.length);
  for (let n = 0; n < count; n++) {
    const middle = margin.left + (n + 0.5) * slot;
    series.forEach(([kind, of], k) => {
      const value = of[n] ?? 0;
      const left = middle + (k - series.length / 2) * bar;
      svg.append(drawn("rect", { class: kind, x: left, y: y(value), width: bar * 0.92, height: Math.max(0, y(0) - y(value)) }));
    });
    if (full && full.populations[n] !== null && full.populations[n] !== undefined) {
      svg.append(drawn("circle", { class: stale ? "full stale" : "full", cx: middle, cy: y(full.populations[n]), r: 4.5 }));
    }
    svg.append(drawn("text", { x: middle, y: height - margin.bottom + 18, "text-anchor": "middle" }, n === node.target ? "n0" : String(n)));
  }
  svg.append(drawn("text", { x: (margin.left + width - margin.right) / 2, y: height - 6, "text-anchor": "middle" }, "level n"));
  const entries = [[sampleBar("now-fill"), other ? "B, this setting, eliminated" : "this setting, eliminated"]];
  if (other) entries.push([sampleBar("a-fill"), "A, eliminated"]);
  if (full) entries.push([sampleDot(stale ? "full stale" : "full"), stale ? "full model, of an earlier setting" : "full model, this setting"]);
  renew(place, svg, key(entries));
}

// A margin on a logarithmic scale from a tenth to a hundred times the bound; the tick is the bound.
export function margin(value, outcome) {
  const at = (m) => 100 * Math.min(1, Math.max(0, (Math.log10(Math.max(m, 1e-9)) + 1) / 3));
  const colour = { ok: "--good-bar", marginal: "--warn-bar", fails: "--warn-bar", FAIL: "--bad-bar" }[outcome] ?? "--edge";
  const svg = drawn("svg", { class: "bar", viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(drawn("rect", { x: 0, y: 4, width: 100, height: 4, fill: "var(--line)" }));
  const length = value === null ? 100 : at(value);
  svg.append(drawn("rect", { x: 0, y: 3, width: Math.max(length, 1.5), height: 6, fill: `var(${colour})` }));
  svg.append(drawn("rect", { x: at(1) - 0.6, y: 0, width: 1.2, height: 12, fill: "var(--text)" }));
  return svg;
}

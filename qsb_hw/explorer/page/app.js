// The page: texts of numbers go to the server, views come back. A setting is a table from path to text.

import { curve, margin, populations } from "./charts.js";
import { arrange, element, renew, tell } from "./dom.js";

const $ = (id) => document.getElementById(id);
const STEPS = 1000;
const PAUSE = 200; // milliseconds without a move before the link is renewed, and a curve that needs it refined
const REST = 700; // milliseconds without a move before the full model is asked for
const TOGETHER = 900; // milliseconds within which moves of one number are one step of undo

const tab = crypto.randomUUID();
let file; // what /api/start says
const rows = new Map(); // path -> its control and elements
let texts = {}; // the setting: B
let pinned = null; // A: {texts, view}
let past = [], future = [], lastStep = { path: null, at: 0 };
let view = null, viewOf = null; // the newest eliminated view, and the setting it is of
let full = null, fullOf = null, fullBegun = 0;
let problems = [];
let busy = false, again = false, moved = null, restTimer = 0, addressTimer = 0, clock = 0, aborter = null, number = 0;

const written = (setting) => JSON.stringify(Object.entries(setting).sort());
const current = () => written(texts);

async function ask(name, body, signal) {
  const answer = await fetch(`api/${name}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
  });
  const found = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  return { ...found, status: answer.status };
}

// ---- numbers -------------------------------------------------------------------------------------------------------

function shownNumber(value, digits) {
  return String(Number(value.toPrecision(digits)));
}

function textOf(control, value, digits) {
  return `${control.whole ? Math.round(value) : shownNumber(value, digits)} ${control.unit}`.trim();
}

// Ends of a slider: the range of its number, or a narrow one around where it stands.
function span(row) {
  const { control } = row;
  const reach = Number($("reach").value);
  if (!reach || control.whole || !row.centre) return { low: control.low, high: control.high, log: control.log, digits: 4 };
  const wide = Math.abs(row.centre) * reach;
  const digits = 4 + Math.ceil(-Math.log10(reach));
  return { low: Math.max(row.centre - wide, Math.min(control.low, row.centre)), high: Math.min(row.centre + wide, Math.max(control.high, row.centre)), log: false, digits };
}

function place(row, value) {
  const { low, high, log } = span(row);
  row.value = value;
  const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  row.slider.value = row.control.whole ? value : Math.round(STEPS * Math.min(1, Math.max(0, share)));
  row.slider.setAttribute("aria-valuetext", row.field.value);
}

function valueAt(row) {
  const { low, high, log } = span(row);
  const position = Number(row.slider.value);
  if (row.control.whole) return position;
  const share = position / STEPS;
  return log ? low * (high / low) ** share : low + (high - low) * share;
}

function build(control, index) {
  const id = `n${index}`;
  const slider = element("input", {
    type: "range", id: `${id}-slider`, "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-meaning ${id}-error`,
    min: control.whole ? control.low : 0, max: control.whole ? control.high : STEPS, step: 1,
  });
  const field = element("input", {
    type: "text", id: `${id}-field`, "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-meaning ${id}-error`,
    autocomplete: "off", spellcheck: "false", maxlength: 120,
  });
  const back = element("button", { type: "button", class: "back", hidden: true, "aria-label": `${control.label}: back to ${control.text}` }, `back to ${control.text}`);
  const error = element("div", { class: "error", id: `${id}-error` });
  const meaning = element("div", { class: "meaning", id: `${id}-meaning` }, control.meaning);
  if (control.source) meaning.title = control.source;
  const box = element(
    "div", { class: "control", "data-path": control.path },
    element("div", {}, element("label", { class: "title", id: `${id}-title`, for: slider.id }, control.label.replaceAll("_", " ")), slider),
    element("div", { class: "entry" }, field, back), meaning, error,
  );
  const row = { control, slider, field, back, error, box, centre: control.number, value: control.number };
  slider.addEventListener("input", () => {
    moved ??= performance.now();
    const { digits } = span(row);
    field.value = textOf(control, valueAt(row), digits);
    slider.setAttribute("aria-valuetext", field.value);
    set(control.path, field.value);
  });
  field.addEventListener("change", () => {
    moved ??= performance.now();
    set(control.path, field.value.trim());
  });
  back.addEventListener("click", () => {
    set(control.path, control.text);
    show();
    slider.focus();
  });
  rows.set(control.path, row);
  return box;
}

function buildGroups() {
  const groups = Map.groupBy ? Map.groupBy(file.controls, (c) => c.group) : file.controls.reduce((m, c) => m.set(c.group, [...(m.get(c.group) ?? []), c]), new Map());
  let index = 0;
  for (const [name, controls] of groups) {
    const title = name.replaceAll(".", " · ").replaceAll("_", " ") || "file";
    const boxes = controls.map((control) => build(control, index++));
    const open = groups.size <= 6 || $("groups").childElementCount === 0;
    $("groups").append(element("details", { class: "group", open }, element("summary", {}, title, element("span", { class: "count" }, ` (${controls.length})`)), ...boxes));
  }
  for (const row of rows.values()) {
    row.field.value = row.control.text;
    place(row, row.control.number);
  }
}

// ---- the setting, undo, the link to it ---------------------------------------------------------------------------

function normalised(setting) {
  return Object.fromEntries(Object.entries(setting).filter(([path, text]) => rows.get(path)?.control.text !== text));
}

function change(next, path = null) {
  next = normalised(next);
  if (written(next) === current()) return;
  const now = performance.now();
  if (path === null || lastStep.path !== path || now - lastStep.at > TOGETHER) past.push(texts);
  lastStep = { path, at: now };
  future = [];
  texts = next;
  moveOn();
}

function set(path, text) {
  change({ ...texts, [path]: text }, path);
}

function step(from, to) {
  if (!from.length) return;
  to.push(texts);
  texts = from.pop();
  lastStep = { path: null, at: 0 };
  moved ??= performance.now();
  moveOn();
  show();
}

function link() {
  const parts = new URLSearchParams();
  for (const [path, text] of Object.entries(texts)) parts.append(path, text);
  if (pinned) {
    parts.append("A", "pinned");
    for (const [path, text] of Object.entries(pinned.texts)) parts.append(`A:${path}`, text);
  }
  return parts.toString();
}

function restored(fragment) {
  const own = {}, other = {};
  let has = false;
  for (const [key, text] of new URLSearchParams(fragment)) {
    if (key === "A") has = true;
    else if (key.startsWith("A:")) other[key.slice(2)] = text;
    else own[key] = text;
  }
  const known = (setting) => Object.fromEntries(Object.entries(setting).filter(([path]) => rows.has(path)));
  const unknown = [...Object.keys(own), ...Object.keys(other)].filter((path) => !rows.has(path));
  if (unknown.length) say(`The link names numbers that this file does not have: ${unknown.join(", ")}.`);
  return { texts: normalised(known(own)), pinned: has ? normalised(known(other)) : null };
}

// Put texts and sliders where the setting has them.
function show() {
  for (const [path, row] of rows) {
    row.field.value = texts[path] ?? row.control.text;
    if (!(path in texts)) place(row, row.control.number);
  }
  decorate();
}

function decorate() {
  for (const [path, row] of rows) {
    const changed = path in texts;
    row.box.classList.toggle("changed", changed);
    row.back.hidden = !changed;
  }
  $("undo").disabled = !past.length;
  $("redo").disabled = !future.length;
  $("reset").disabled = !Object.keys(texts).length;
  $("swap").disabled = $("unpin").disabled = !pinned;
  filter();
}

// The address follows when the sliders rest: a browser takes only some 20 changes a second.
function address() {
  const fragment = link();
  if (location.hash.slice(1) !== fragment) history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname);
}

function moveOn() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(address, PAUSE);
  decorate();
  ended();
  clearTimeout(restTimer);
  send();
}

// ---- the eliminated model, at every move --------------------------------------------------------------------------

async function send(refine = false) {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  const begun = moved ?? performance.now();
  const of = current();
  moved = null;
  try {
    const found = await ask("view", { changes: texts, links: file.chip ? [$("link").value] : null, refine });
    const received = performance.now();
    take(found, of);
    if (found.seconds !== undefined && !refine) {
      performance.measure("server", { start: 0, duration: 1000 * found.cpu_seconds, detail: 1000 * found.seconds });
      performance.measure("render", { start: received, end: performance.now() });
      requestAnimationFrame(() => performance.measure("answer", { start: begun, end: performance.now() }));
    }
  } catch {
    problems = [{ path: "$", message: "The server does not answer: it has ended. Nothing of this page is lost; the link keeps the setting." }];
    render();
  }
  busy = false;
  if (again) {
    again = false;
    send();
  } else if (view?.links.some((l) => !l.refined) && viewOf === current() && !refine) {
    restTimer = setTimeout(() => send(true), PAUSE);
  } else {
    restTimer = setTimeout(askFull, REST);
  }
}

function take(found, of) {
  problems = found.problems ?? (found.error ? [{ path: "$", message: found.error }] : []);
  for (const [path, value] of Object.entries(found.setting?.numbers ?? {})) {
    const row = rows.get(path);
    if (row && document.activeElement !== row.slider) place(row, value);
  }
  if (found.view) [view, viewOf] = [found.view, of];
  render();
}

// ---- the full model, at rest ---------------------------------------------------------------------------------------

function ended() {
  aborter?.abort();
  aborter = null;
  clearInterval(clock);
}

async function askFull() {
  ended();
  if (problems.length || viewOf !== current() || fullOf === current()) return render();
  const own = new AbortController();
  aborter = own;
  fullBegun = performance.now();
  clock = setInterval(renderCards, 1000);
  render();
  try {
    const of = current();
    const found = await ask("full", { tab, number: ++number, changes: texts }, own.signal);
    if (found.view) [full, fullOf] = [found.view, of];
    if (found.problems || found.error) say(`Full model: ${found.error ?? found.problems.map((p) => p.message).join(" ")}`);
  } catch {
    // moved on, or the server has ended: the eliminated model says so
  }
  if (aborter === own) ended();
  render();
}

// ---- what is shown -------------------------------------------------------------------------------------------------

function renderCard(card, verdict, when, stale) {
  const kind = `card ${verdict ?? ""}${stale ? " stale" : ""}`;
  if (card.className !== kind) card.className = kind;
  tell(card.querySelector(".verdict"), verdict ?? "—");
  tell(card.querySelector(".when"), when);
}

function renderCards() {
  const here = viewOf === current();
  const waiting = aborter ? `computing for ${Math.round((performance.now() - fullBegun) / 1000)} s` : "";
  const pending = here && view?.criteria.filter((c) => c.pending).length;
  const place = here ? "at this setting" : problems.length ? "of the last valid setting" : "of the setting before";
  renderCard($("card-eliminated"), view?.verdict, view ? place + (pending ? `; ${pending} checks wait for the full model` : "") : "computing", !here);
  const at = fullOf === current();
  const word = full ? (at ? "at this setting" : `of an earlier setting${waiting ? `; ${waiting}` : "; follows when the sliders rest"}`) : waiting || "follows when the sliders rest";
  renderCard($("card-full"), full?.verdict, word, full && !at);
  $("card-a").hidden = !pinned;
  tell($("card-eliminated").querySelector("h3"), pinned ? "B, eliminated model" : "Eliminated model");
  tell($("card-full").querySelector("h3"), pinned ? "B, full model" : "Full model");
  if (pinned) renderCard($("card-a"), pinned.view?.verdict, pinned.view ? "pinned" : "computing", false);
}

function renderProblems() {
  const wrong = new Map(problems.map(({ path, message }) => [path, message]));
  for (const [path, row] of rows) {
    tell(row.error, wrong.get(path) ?? "");
    const invalid = String(wrong.has(path));
    if (row.field.getAttribute("aria-invalid") !== invalid) row.field.setAttribute("aria-invalid", invalid);
  }
  $("problems").hidden = !problems.length;
  renew($("problems"), ...problems.map(({ path, message }) => element("p", {}, path === "$" ? message : `${path}: ${message}`)));
}

const partOf = (criterion) => criterion.key.slice(0, Math.max(0, criterion.key.lastIndexOf(".")));

const names = {
  requirement: "Requirements: they decide the verdict. Bars: margin from 0.1× to 100× on a logarithmic scale; the tick is the bound",
  approximation: "Approximation checks: they say which model to trust",
  numerics: "Numerical checks: without them there is no verdict",
};
let drawnRows = new Map(); // key -> a row of the table, and what it was made of

function renderCriteria() {
  const stale = fullOf !== current();
  const fulls = new Map((full?.criteria ?? []).map((c) => [c.key, c]));
  const others = new Map((pinned?.view?.criteria ?? []).map((c) => [c.key, c]));
  const own = new Set(view.criteria.map((c) => c.key));
  const part = $("part").value, open = $("only-open").checked;
  const wanted = (c) => (!part || partOf(c) === part) && (!open || c.pending || c.only || !["ok", "skipped"].includes(c.outcome));
  const list = [...view.criteria, ...(full?.criteria ?? []).filter((c) => !own.has(c.key)).map((c) => ({ ...c, only: true }))].filter(wanted);
  const heads = ["check", "bound", pinned ? "B, eliminated" : "eliminated", "margin", "standing", ...(pinned ? ["A, eliminated"] : []), stale && full ? "full model (earlier setting)" : "full model"];
  const kept = new Map();
  const rowOf = (c) => {
    const parts = [c, others.get(c.key), fulls.get(c.key), heads, stale], made = JSON.stringify(parts);
    const old = drawnRows.get(c.key);
    const row = old?.made === made ? old : { made, row: criterionRow(...parts) };
    kept.set(c.key, row);
    return row.row;
  };
  Object.keys(names).forEach((kind, k) => {
    const table = $("criteria").children[k] ?? $("criteria").appendChild(criteriaTable(kind));
    renew(table.tHead.rows[0], ...heads.map((text, n) => element("th", { scope: "col", class: n > 0 && n !== 4 ? "number" : false }, text)));
    arrange(table.tBodies[0], list.filter((c) => c.kind === kind).map(rowOf));
  });
  drawnRows = kept;
}

function criteriaTable(kind) {
  return element("table", { class: "stack" }, element("caption", {}, names[kind]), element("thead", {}, element("tr")), element("tbody"));
}

function criterionRow(c, other, complete, heads, stale) {
  const why = c.outcome === "ok" && c.kind === "requirement" ? "" : c.outcome === "skipped" ? (c.pending ? "pending: takes the full model" : c.why) : c.passed && c.outcome === "ok" ? "" : `${c.why} → ${c.remedy}`;
  const cells = [
    element("th", { scope: "row" }, c.name, ...(why ? [element("span", { class: "why quiet" }, why)] : [])),
    element("td", { class: "number" }, c.bound_text),
    element("td", { class: "number" }, c.only || c.pending ? "pending" : c.value_text),
    element("td", { class: "number" }, c.only ? "" : c.value === null ? "" : c.margin_text, ...(c.only || c.value === null ? [] : [margin(c.margin, c.outcome)])),
    element("td", { class: c.only ? "skipped" : c.outcome }, c.only || c.pending ? "pending" : c.outcome),
    ...(pinned ? [element("td", { class: `number ${other?.outcome ?? ""}` }, other ? (other.pending ? "pending" : `${other.value_text} ${other.outcome}`) : "—")] : []),
    element("td", { class: `number ${stale ? "stale-number" : complete?.outcome ?? ""}` }, complete ? `${complete.value_text} ${complete.outcome}` : "—"),
  ];
  cells.forEach((cell, k) => k && cell.setAttribute("data-head", heads[k]));
  return element("tr", { "data-key": c.key }, ...cells);
}

function plainTable(caption, heads, lines) {
  const head = element("tr", {}, ...heads.map((text, k) => element("th", { scope: "col", class: k ? "number" : false }, text)));
  const body = lines.map((line) => element("tr", {}, ...line.map((text, k) => (k ? element("td", { class: "number" }, text) : element("th", { scope: "row" }, text)))));
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption }, element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...body)));
}

function renderNode() {
  const name = $("node").value;
  const pick = (of) => of?.nodes.find((n) => n.name === name) ?? (file.chip ? undefined : of?.nodes[0]);
  const node = pick(view), other = pick(pinned?.view), complete = pick(full);
  const stale = fullOf !== current();
  if (!node) return;
  populations($("populations"), node, other, complete?.has_fock_state ? complete : null, stale);
  const both = other ? ["B", "A"] : ["this setting"];
  renew($("parameters"), plainTable(node.name, ["parameter", ...both], node.parameters.map((p, k) => [p.symbol, p.text, ...(other ? [other.parameters[k].text] : [])])));
  const heads = ["n−1 ↔ n", "spacing", "up (1/s)", "down (1/s)", ...(other ? ["A: spacing", "A: up", "A: down"] : [])];
  const lines = node.levels.map((l, k) => [l.transition, l.spacing, l.up, l.down, ...(other ? (other.levels[k] ? [other.levels[k].spacing, other.levels[k].up, other.levels[k].down] : ["—", "—", "—"]) : [])]);
  renew($("levels"), plainTable("Baths' shifts, losses and heat included; rates are events per second", heads, lines));
}

function renderCurve() {
  const name = $("link").value;
  const pick = (of) => of?.links.find((l) => l.name === name) ?? (file.chip ? undefined : of?.links[0]);
  const shown = pick(view);
  const choice = $("window"), texts_ = shown?.resonance_texts ?? [];
  if (choice.dataset.said !== texts_.join()) {
    choice.dataset.said = texts_.join();
    const kept = choice.value;
    choice.replaceChildren(element("option", { value: "all" }, "the whole range"), element("option", { value: "blockade" }, "the blockade point"), ...texts_.map((text, k) => element("option", { value: `r${k}` }, `the resonance ${text}`)));
    choice.value = [...choice.options].some((o) => o.value === kept) ? kept : "all";
  }
  const other = pick(pinned?.view);
  curve($("curve"), shown, other?.detuning_hz.length ? other : null, pick(full), fullOf !== current(), choice.value);
}

function renderChoices() {
  if (!file.chip || !view) return;
  const parts = [...new Set(view.criteria.map(partOf))];
  $("part-label").hidden = false;
  if ($("part").dataset.said !== parts.join()) {
    $("part").dataset.said = parts.join();
    const kept = $("part").value;
    $("part").replaceChildren(element("option", { value: "" }, "every part"), ...parts.map((name) => element("option", { value: name }, name)));
    $("part").value = parts.includes(kept) ? kept : "";
  }
  for (const [select, names] of [[$("node"), view.nodes.map((n) => n.name)], [$("link"), view.links.map((l) => l.name)]]) {
    if (select.dataset.said === names.join()) continue;
    select.dataset.said = names.join();
    const kept = select.value;
    select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    select.value = names.includes(kept) ? kept : (names[0] ?? "");
  }
}

function render() {
  renderCards();
  renderProblems();
  if (!view) return;
  renderChoices();
  renderCriteria();
  renderCurve();
  renderNode();
  tell($("provenance"), `qsb-hw ${file.version} · ${file.source} · rule of the verdict: ${view.rule} · steady states: ${view.status}`);
}

function say(text) {
  $("said").textContent = text;
}

function filter() {
  const word = $("find").value.trim().toLowerCase().replaceAll(" ", "_");
  const only = $("only-changed").checked;
  for (const group of $("groups").children) {
    let visible = 0;
    for (const box of group.querySelectorAll(".control")) {
      const path = box.dataset.path;
      box.hidden = (word && !path.toLowerCase().includes(word)) || (only && !(path in texts));
      visible += !box.hidden;
    }
    group.hidden = !visible;
    if ((word || only) && visible) group.open = true;
  }
}

// ---- A and B, saving ------------------------------------------------------------------------------------------------

async function pin(setting) {
  pinned = { texts: setting, view: written(setting) === viewOf ? view : null };
  moveOn();
  const own = pinned;
  if (file.chip || !own.view) {
    const found = await ask("view", { changes: setting, links: null }).catch(() => ({}));
    if (pinned === own) {
      own.view = found.view ?? own.view;
      if (found.problems) say("Setting A is not valid: its numbers are kept, and nothing can be shown of it.");
      render();
    }
  }
}

function fileBody() {
  return { changes: texts, full_verdict: fullOf === current() ? full.verdict : null };
}

function openSave() {
  const where = file.save;
  $("save-where").textContent = where ? `${where.folder ? "Into the folder" : "As"} ${where.path}. Every changed number says where it comes from and what it was.` : "Start with --save FILE to save from here. A download needs nothing.";
  $("save-name-row").hidden = !where?.folder;
  $("save-name").value ||= `${file.name.replace(/[^A-Za-z0-9_-]/g, "_")}_explored.toml`;
  $("save-replace-row").hidden = true;
  $("save-replace").checked = false;
  $("save-problem").textContent = "";
  $("save-do").hidden = !where;
  $("save-dialog").showModal();
}

async function save(event) {
  event.preventDefault();
  const found = await ask("save", { ...fileBody(), name: file.save.folder ? $("save-name").value : null, replace: $("save-replace").checked }).catch(() => ({ error: "the server does not answer" }));
  if (found.saved) {
    $("save-dialog").close();
    say(`Saved: ${found.saved}`);
    return;
  }
  $("save-problem").textContent = found.error ?? found.problems.map((p) => p.message).join(" ");
  if (found.exists) $("save-replace-row").hidden = false;
}

async function download() {
  const answer = await fetch("api/text", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fileBody()) });
  if (!answer.ok) {
    const found = await answer.json().catch(() => ({}));
    $("save-problem").textContent = found.error ?? (found.problems ?? []).map((p) => `${p.path}: ${p.message}`).join(" ");
    return;
  }
  const address = URL.createObjectURL(await answer.blob());
  const anchor = element("a", { href: address, download: `${file.name.replace(/[^A-Za-z0-9_-]/g, "_")}_explored.toml` });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// ---- start ---------------------------------------------------------------------------------------------------------

function connect() {
  $("undo").addEventListener("click", () => step(past, future));
  $("redo").addEventListener("click", () => step(future, past));
  $("reset").addEventListener("click", () => { change({}); show(); });
  $("pin").addEventListener("click", () => { pin(texts); say("Pinned as A: what you move now is B."); });
  $("unpin").addEventListener("click", () => { pinned = null; moveOn(); });
  $("swap").addEventListener("click", () => {
    const own = texts;
    change(pinned.texts);
    show();
    pin(own);
  });
  $("copy").addEventListener("click", async () => {
    address();
    try {
      await navigator.clipboard.writeText(location.href);
      say("The link to this setting is in the clipboard. It opens while this server runs; what stands after # also with --state.");
    } catch {
      say(`The link to this setting: ${location.href}`);
    }
  });
  $("save").addEventListener("click", openSave);
  $("save-form").addEventListener("submit", save);
  $("download").addEventListener("click", download);
  $("save-cancel").addEventListener("click", () => $("save-dialog").close());
  for (const id of ["find", "only-changed"]) $(id).addEventListener("input", filter);
  $("reach").addEventListener("change", () => {
    for (const row of rows.values()) {
      row.centre = row.value;
      place(row, row.value);
    }
  });
  $("node").addEventListener("change", renderNode);
  $("link").addEventListener("change", () => { renderCurve(); send(); });
  for (const id of ["part", "only-open"]) $(id).addEventListener("input", renderCriteria);
  $("window").addEventListener("change", renderCurve);
  new ResizeObserver(([entry]) => {
    document.documentElement.style.setProperty("--answer", `${Math.ceil(entry.borderBoxSize[0].blockSize)}px`);
  }).observe($("answer"));
  window.addEventListener("pagehide", address);
  window.addEventListener("hashchange", () => {
    const found = restored(location.hash.slice(1));
    change(found.texts);
    show();
    if (found.pinned) pin(found.pinned);
    else if (pinned) { pinned = null; moveOn(); }
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.type === "text" || event.target.type === "search") return;
    const letter = event.key.toLowerCase();
    if (letter === "z" || letter === "y") {
      event.preventDefault();
      if (letter === "y" || event.shiftKey) step(future, past);
      else step(past, future);
    }
  });
}

async function start() {
  const answer = await fetch("api/start");
  file = await answer.json();
  document.title = `${file.name} · qsb-hw explore`;
  $("name").textContent = file.name;
  $("description").textContent = file.description;
  $("choices").hidden = !file.chip;
  buildGroups();
  connect();
  const found = restored(location.hash.slice(1));
  texts = found.texts;
  show();
  if (file.chip) {
    take(await ask("view", { changes: {}, links: [] }), written({}));
  }
  if (found.pinned) pin(found.pinned);
  else moveOn();
}

start();

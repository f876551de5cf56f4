"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

// Fields of a row of the log.
const AT = 0, KIND = 1, NODE = 2, PEER = 3, STREAM = 4, PIECE = 5, BEGIN = 6, LENGTH = 7, ARRIVED = 8, CAUSE = 9, TEXT = 10;
const log = data.log, nodes = data.nodes;
const stateNames = ["off", "checking", "downloading", "complete", "paused", "stopped", "scripted"];
const pageSize = 300;

// element makes one of text, never of markup: some of it was said by hostile peers.
function element(tag, className, ...children) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children);
  return e;
}
const nameOf = (i) => i < 0 ? "" : nodes[i].name;
const seconds = (us) => (us / 1e6).toFixed(6).replace(/0{1,3}$/, "") + "s";
function bytes(n) {
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (n < 1024 || unit === "GiB") return (unit === "B" || n >= 100 ? Math.round(n) : n.toFixed(1)) + " " + unit;
    n /= 1024;
  }
}
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
let palette = {};
function readPalette() {
  for (const name of [...stateNames, "cell", "down", "up", "band", "fail", "disk", "line", "soft", "nothing", "wanting", "serving", "open", "ask", "fore"]) palette[name] = color(name);
}

// ---- the head ----

function showHead() {
  $("verdict").textContent = data.pass ? "pass" : "FAIL";
  $("verdict").className = data.pass ? "" : "fail";
  $("about").textContent = data.about;
  const r = data.requests;
  $("figures").textContent = nodes.length + " hosts, " + data.conns.length + " connections of peers; " + data.pieces + " pieces of " + bytes(data.piece) +
    ", " + bytes(data.size) + "; " + seconds(data.end) + " simulated, " + data.events + " events, hash " + data.hash + "; " +
    r.Asked + " requests: " + r.Answered + " answered, " + r.Rejected + " rejected, " + r.Open + " left open or cancelled (" + r.Cancelled + " cancels)" +
    (data.error ? "; broken off: " + data.error : "");
  $("replay").textContent = data.replay;
  const left = data.left, parts = [];
  if (left.Entries) parts.push(left.Entries + " of " + data.total + " entries of the log (of what there is most of, evenly; what leads to a failure is kept in full)");
  for (const [n, what] of [[left.Conns, "connections"], [left.Marks, "changes of choke and interest"], [left.Bands, "actions"], [left.States, "changes of state"]]) if (n) parts.push(n + " " + what);
  if (parts.length) {
    $("left").textContent = "So that this page stays small, it leaves out " + parts.join(", ") + ".";
    $("left").hidden = false;
  }
}
$("copy").onclick = () => {
  const selection = getSelection(), range = document.createRange();
  range.selectNodeContents($("replay"));
  selection.removeAllRanges();
  selection.addRange(range);
  // A page that was opened from a file may lack the clipboard.
  if (navigator.clipboard) navigator.clipboard.writeText(data.replay).catch(() => document.execCommand("copy"));
  else document.execCommand("copy");
  $("copy").textContent = "copied";
};

// ---- the window in time ----

let t0 = 0, t1 = data.end * 1.01, cursor = -1, chosen = -1;
function setWindow(a, b) {
  const most = data.last * 1.01, span = Math.min(Math.max(b - a, 100), most);
  t0 = Math.max(0, Math.min(a, most - span));
  t1 = t0 + span;
  redraw();
}
function zoom(factor, around = (t0 + t1) / 2) { setWindow(around - (around - t0) * factor, around + (t1 - around) * factor); }
function shift(part) { const d = (t1 - t0) * part; setWindow(t0 + d, t1 + d); }
const x = (t, width) => (t - t0) / (t1 - t0) * width;

// ---- lanes ----

const connsOf = nodes.map(() => []), logOf = nodes.map(() => []), spansOf = new Map();
data.conns.forEach((c) => {
  connsOf[c.a].push(c);
  if (c.b !== c.a && c.b >= 0) connsOf[c.b].push(c);
  spansOf.set(c.stream, []);
});
const kindIs = (row, name) => data.kinds[row[KIND]] === name;
log.forEach((row, i) => {
  if (row[NODE] >= 0) logOf[row[NODE]].push(i);
  // A block is drawn from its request to its arrival.
  if (kindIs(row, "piece") && row[CAUSE] >= 0 && spansOf.has(row[STREAM])) {
    spansOf.get(row[STREAM]).push([log[row[CAUSE]][AT], row[ARRIVED] < 0 ? row[AT] : row[ARRIVED], row[PEER], row[ARRIVED] < 0]);
  }
});
// Rates are drawn up to one that few exceed: what was held up comes in a burst.
const rates = nodes.flatMap((n) => [...n.down, ...n.up]).filter((n) => n > 0).sort((a, b) => a - b);
const topRate = rates.length ? rates[Math.floor(rates.length * .98)] * 1.2 : 1;

const foldedHeight = 18, ratesHeight = 34, connHeight = 12;
const lanes = nodes.map((node, i) => {
  const canvas = element("canvas"), label = element("div", "label");
  const box = element("div", "lane", label, canvas);
  box.dataset.node = node.name;
  const lane = { node, i, canvas, label, box, unfolded: false };
  label.onclick = () => unfold(lane, !lane.unfolded);
  label.tabIndex = 0;
  label.onkeydown = (e) => { if (e.key === "Enter") label.onclick(); };
  listen(canvas, lane);
  $("lanes").append(box);
  return lane;
});
function unfold(lane, yes) {
  lane.unfolded = yes;
  lane.label.replaceChildren(element("b", "", (yes ? "▾ " : "▸ ") + lane.node.name + " ", element("small", "", lane.node.kind + " " + lane.node.addr)));
  if (yes) {
    lane.label.append(element("div", "sub tall", "up to " + bytes(topRate / (data.bucket / 1e6)) + "/s"));
    for (const c of connsOf[lane.i]) lane.label.append(element("div", "sub", nameOf(c.a === lane.i ? c.b : c.a) + (c.a === lane.i ? " ⇠" : " ⇢")));
  }
  redraw();
}

// context prepares a canvas for the density of the screen.
function context(canvas, height) {
  const width = canvas.clientWidth, scale = window.devicePixelRatio || 1;
  canvas.style.height = height + "px";
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.round(height * scale);
  const g = canvas.getContext("2d");
  g.scale(scale, scale);
  return [g, width];
}
// bar fills from one time to another, at least a hair wide.
function bar(g, width, from, to, top, height, style) {
  const a = Math.max(0, x(from, width)), b = Math.min(width, x(to, width));
  if (b < 0 || a > width) return;
  g.fillStyle = style;
  g.fillRect(a, top, Math.max(b - a, 1), height);
}
const heightOf = (lane) => lane.unfolded ? foldedHeight + ratesHeight + connHeight * connsOf[lane.i].length : foldedHeight;

function drawLane(lane) {
  const height = heightOf(lane), [g, width] = context(lane.canvas, height), node = lane.node;
  node.states.forEach(([at, state], k) => bar(g, width, at, k + 1 < node.states.length ? node.states[k + 1][0] : data.last, 0, 5, palette[stateNames[state]]));
  drawPieces(g, width, node);
  if (lane.unfolded) {
    drawRates(g, width, node.down, foldedHeight, palette.down);
    drawRates(g, width, node.up, foldedHeight, palette.up);
    connsOf[lane.i].forEach((c, k) => drawConn(g, width, c, lane.i, foldedHeight + ratesHeight + k * connHeight));
  }
  drawEvents(g, width, lane, height);
  drawBands(g, width, height, node.name);
}

// drawPieces draws a map: pieces from top to bottom, coloured once they are had.
function drawPieces(g, width, node) {
  const n = node.had.length, top = 6, room = foldedHeight - 7;
  if (node.kind === "tracker" || node.kind === "hostile") return;
  g.fillStyle = palette.nothing;
  g.fillRect(0, top, width, room);
  for (let k = 0; k < n; k++) if (node.had[k] >= 0) bar(g, width, node.had[k], data.last, top + k * room / n, Math.max(room / n, .5), palette.cell);
}
function drawRates(g, width, rates, top, style) {
  g.strokeStyle = style;
  g.beginPath();
  rates.forEach((rate, k) => {
    const y = top + ratesHeight - 5 - Math.min(rate / topRate, 1) * (ratesHeight - 8);
    g.lineTo(x(k * data.bucket, width), y);
    g.lineTo(x((k + 1) * data.bucket, width), y);
  });
  g.stroke();
}

// drawConn draws what we get of a peer above what it gets of us, and the requests
// of this side which were answered.
function drawConn(g, width, c, me, top) {
  const iDialled = c.a === me, end = c.to < 0 ? data.last : c.to;
  c.marks.forEach(([at, bits], k) => {
    const to = k + 1 < c.marks.length ? c.marks[k + 1][0] : end;
    const aGets = flow(bits & 4, bits & 2), bGets = flow(bits & 1, bits & 8);
    bar(g, width, at, to, top + 1, 6, iDialled ? aGets : bGets);
    bar(g, width, at, to, top + 8, 3, iDialled ? bGets : aGets);
  });
  for (const [from, to, asker, lost] of spansOf.get(c.stream)) if (asker === me && x(to, width) - x(from, width) > .5) bar(g, width, from, to, top + 3, 2, lost ? palette.fail : palette.ask);
}
function flow(choked, interested) {
  if (choked) return interested ? palette.wanting : palette.nothing;
  return interested ? palette.serving : palette.open;
}
function drawEvents(g, width, lane, height) {
  for (const i of logOf[lane.i]) {
    const row = log[i], kind = data.kinds[row[KIND]], at = x(row[AT], width);
    if (at < 0 || at > width) continue;
    if (kind.startsWith("disk ") && lane.unfolded) {
      g.fillStyle = row[TEXT] ? palette.fail : palette.disk;
      g.fillRect(at, foldedHeight + ratesHeight - 4, 1, 4);
    } else if (kind.startsWith("FAIL")) {
      g.fillStyle = palette.fail;
      g.beginPath();
      g.moveTo(at, 12);
      g.lineTo(at - 5, 0);
      g.lineTo(at + 5, 0);
      g.fill();
      g.fillRect(at, 0, 1, height);
    }
  }
}
// concerns says whether a list of names means a node: itself, or all of its kind.
function concerns(who, name) {
  return who === "" || who.split(/, | with /).some((w) => w === name || name.startsWith(w + "-") && /^\d+$/.test(name.slice(w.length + 1)));
}
function drawBands(g, width, height, name) {
  for (const b of data.bands) if (concerns(b.who, name)) {
    bar(g, width, b.from, b.to < 0 ? b.from : b.to, 0, height, palette.band);
    bar(g, width, b.from, b.from, 0, height, palette.paused);
  }
  if (cursor >= 0) bar(g, width, cursor, cursor, 0, height, palette.fore);
}
function drawAxis() {
  const [g, width] = context($("axis"), 26);
  const span = t1 - t0;
  let step = 10 ** Math.floor(Math.log10(span / Math.max(width / 90, 1)));
  while (span / step > width / 90) step *= step.toString()[0] === "2" ? 2.5 : 2;
  g.fillStyle = palette.soft;
  g.font = "11px system-ui, sans-serif";
  for (let t = Math.ceil(t0 / step) * step; t <= t1; t += step) {
    g.fillRect(x(t, width), 20, 1, 6);
    g.fillText(t / 1e6 + "s", x(t, width) + 3, 24);
  }
  let until = -1;
  for (const b of data.bands) {
    const at = x(b.from, width), text = b.name + " " + b.who;
    if (at < until || at > width || at < 0) continue;
    const shown = text.length > 40 ? text.slice(0, 39) + "…" : text;
    g.fillText(shown, at + 2, 11);
    g.fillRect(at, 0, 1, 14);
    until = at + g.measureText(shown).width + 6;
  }
  $("window").textContent = seconds(Math.max(t0, 0)) + " – " + seconds(Math.min(t1, data.last));
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    drawAxis();
    const frame = $("timeline").getBoundingClientRect();
    for (const lane of lanes) {
      lane.canvas.style.height = heightOf(lane) + "px";
      const box = lane.box.getBoundingClientRect();
      if (box.bottom >= frame.top && box.top <= frame.bottom) drawLane(lane);
    }
  });
}
$("timeline").addEventListener("scroll", redraw);
addEventListener("resize", redraw);

// listen lets a lane be dragged, zoomed, pointed at and clicked.
function listen(canvas, lane) {
  let from = null;
  const time = (e) => t0 + e.offsetX / canvas.clientWidth * (t1 - t0);
  canvas.addEventListener("wheel", (e) => {
    if (!e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    zoom(e.deltaY > 0 ? 1.25 : .8, time(e));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (e) => {
    from = { x: e.offsetX, t0, t1, moved: false };
    canvas.setPointerCapture(e.pointerId);
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!from) {
      canvas.title = tip(lane, time(e), e.offsetY);
      return;
    }
    const d = (from.x - e.offsetX) / canvas.clientWidth * (from.t1 - from.t0);
    if (Math.abs(from.x - e.offsetX) > 3) from.moved = true;
    if (from.moved) setWindow(from.t0 + d, from.t1 + d);
  });
  canvas.addEventListener("pointerup", (e) => {
    const clicked = from && !from.moved;
    from = null;
    if (!clicked) return;
    cursor = time(e);
    $("node").value = lane.i;
    $("from").value = Math.max(0, cursor / 1e6).toFixed(6);
    $("to").value = "";
    first = 0;
    showLog();
    redraw();
  });
}
function tip(lane, t, y) {
  const node = lane.node, k = Math.max(0, Math.floor(t / data.bucket)), perSecond = 1e6 / data.bucket;
  let state = 0;
  for (const [at, s] of node.states) if (at <= t) state = s;
  const had = node.had.filter((at) => at >= 0 && at <= t).length;
  const lines = [node.name + " at " + seconds(t) + ": " + stateNames[state], "has " + Math.floor(100 * had / node.had.length) + "% of the pieces",
    "down " + bytes((node.down[k] || 0) * perSecond) + "/s, up " + bytes((node.up[k] || 0) * perSecond) + "/s"];
  const c = connsOf[lane.i][Math.floor((y - foldedHeight - ratesHeight) / connHeight)];
  if (lane.unfolded && y > foldedHeight + ratesHeight && c) lines.push("with " + nameOf(c.a === lane.i ? c.b : c.a) + ", connection " + c.stream);
  for (const b of data.bands) if (b.from <= t && b.to >= t && concerns(b.who, node.name)) lines.push(b.name + " " + b.who);
  return lines.join("\n");
}

// ---- the log ----

let first = 0, found = [];
const messageKinds = new Set(log.filter((row) => row[STREAM] > 0).map((row) => row[KIND]));
const groups = {
  "messages": (row) => messageKinds.has(row[KIND]),
  "requests and blocks": (row) => ["request", "piece", "cancel", "reject"].includes(data.kinds[row[KIND]]),
  "choke and interest": (row) => ["choke", "unchoke", "interested", "not interested"].includes(data.kinds[row[KIND]]),
  "disk": (row) => data.kinds[row[KIND]].startsWith("disk "),
  "actions": (row) => data.kinds[row[KIND]].startsWith("action "),
  "failures": (row) => data.kinds[row[KIND]].startsWith("FAIL "),
};
function fillFilters() {
  for (const id of ["node", "peer"]) $(id).append(new Option("all", ""), ...nodes.map((n, i) => new Option(n.name, i)));
  $("kind").append(new Option("everything", ""), ...Object.keys(groups).map((g) => new Option("– " + g, "group " + g)),
    ...data.kinds.map((k, i) => [k, i]).sort((a, b) => a[0] < b[0] ? -1 : 1).map(([k, i]) => new Option(k, i)));
}
function matcher() {
  const number = (id, scale) => $(id).value === "" ? null : Math.round(Number($(id).value) * scale);
  const node = number("node", 1), peer = number("peer", 1), piece = number("piece", 1), from = number("from", 1e6), to = number("to", 1e6);
  const kind = $("kind").value, text = $("text").value.toLowerCase();
  const group = kind.startsWith("group ") ? groups[kind.slice(6)] : null;
  return (row) =>
    (node === null || row[NODE] === node || row[PEER] === node) && (peer === null || row[NODE] === peer || row[PEER] === peer) &&
    (piece === null || row[PIECE] === piece) && (from === null || Math.max(row[AT], row[ARRIVED]) >= from) && (to === null || row[AT] <= to) &&
    (group ? group(row) : kind === "" || row[KIND] === Number(kind)) &&
    (text === "" || (data.texts[row[TEXT]] + " " + data.kinds[row[KIND]]).toLowerCase().includes(text));
}
const blockOf = (row) => row[PIECE] < 0 ? "" : row[LENGTH] > 0 ? row[PIECE] + ":" + row[BEGIN] + "+" + row[LENGTH] : String(row[PIECE]);
const arrowTo = (row) => row[PEER] < 0 ? "" : (row[STREAM] > 0 ? "→ " : "") + nameOf(row[PEER]);
const isMessage = (row) => row[STREAM] > 0 && !kindIs(row, "connected") && !kindIs(row, "disconnected");
const delay = (row) => !isMessage(row) ? "" : row[ARRIVED] < 0 ? "did not arrive" : seconds(row[ARRIVED] - row[AT]);

function showLog() {
  const match = matcher();
  found = [];
  log.forEach((row, i) => { if (match(row)) found.push(i); });
  first = Math.max(0, Math.min(first, found.length - 1));
  const list = found.slice(first, first + pageSize);
  $("count").textContent = found.length ? (first + 1) + "–" + (first + list.length) + " of " + found.length : "nothing of that kind";
  $("rows").replaceChildren(...list.map((i) => {
    const row = log[i], kind = data.kinds[row[KIND]];
    const tr = element("tr", (kind.startsWith("FAIL") ? "fail " : "") + (i === chosen ? "chosen" : ""));
    for (const text of [seconds(row[AT]), nameOf(row[NODE]) || "swarm", arrowTo(row), kind, blockOf(row), delay(row)]) tr.append(element("td", "", text));
    tr.append(element("td", "text", data.texts[row[TEXT]]));
    tr.onclick = () => choose(i);
    tr.dataset.row = i;
    return tr;
  }));
}
$("filter").addEventListener("input", () => { first = 0; showLog(); });
$("filter").addEventListener("submit", (e) => e.preventDefault());
$("filter").addEventListener("reset", () => setTimeout(() => { first = 0; showLog(); }));
$("prev").onclick = () => { first -= pageSize; showLog(); };
$("next").onclick = () => { if (first + pageSize < found.length) first += pageSize; showLog(); };

function step(i) {
  const row = log[i], kind = data.kinds[row[KIND]];
  const line = [seconds(row[AT]), nameOf(row[NODE]) || "swarm", arrowTo(row), kind, blockOf(row), data.texts[row[TEXT]]].filter((s) => s).join(" ");
  const div = element("div", "step" + (i === chosen ? " chosen" : "") + (kind.startsWith("FAIL") ? " fail" : ""), line);
  div.onclick = () => choose(i);
  return div;
}
function chain(i) {
  const list = [i];
  for (let c = log[i][CAUSE]; c >= 0 && list.length < 60; c = log[c][CAUSE]) list.unshift(c);
  return list;
}
// choose shows what led to a row and what came of it.
function choose(i) {
  chosen = i;
  cursor = log[i][AT];
  if (cursor < t0 || cursor > t1) setWindow(cursor - (t1 - t0) / 2, cursor + (t1 - t0) / 2);
  const parts = [element("h3", "", "What led to it"), ...chain(i).map(step)];
  const after = [];
  for (let k = 0; k < log.length && after.length < 20; k++) if (log[k][CAUSE] === i) after.push(k);
  if (after.length) parts.push(element("h3", "", "What came of it"), ...after.map(step));
  if (isMessage(log[i])) parts.push(element("p", "note", "Connection " + log[i][STREAM] + (log[i][ARRIVED] >= 0 ? ", arrived at " + seconds(log[i][ARRIVED]) : "")));
  $("detail").replaceChildren(...parts);
  for (const tr of $("rows").children) tr.classList.toggle("chosen", Number(tr.dataset.row) === i);
  redraw();
}

function showFaults() {
  $("failures").hidden = data.faults.length === 0;
  for (const f of data.faults) {
    const steps = element("div", "");
    steps.append(...f.causes.map(step));
    const show = element("button", "", "show in the timeline");
    show.onclick = () => {
      const around = Math.max(data.end / 100, 200000);
      cursor = f.at;
      setWindow(f.at - around, f.at + around / 4);
      const lane = lanes[f.node];
      if (lane) {
        unfold(lane, true);
        lane.box.scrollIntoView({ block: "center" });
      }
    };
    $("faults").append(element("li", "", element("span", "rule", f.rule), " at " + seconds(f.at) + " on " + (nameOf(f.node) || "the swarm") + ": " + f.detail + " ", show,
      element("details", "", element("summary", "", f.causes.length + " entries led to it: of the same connection or piece, and their causes"), steps)));
  }
}

function showLegend() {
  const entries = [...stateNames.map((s) => [s, s]), ["cell", "piece had"], ["wanting", "interested, choked"], ["serving", "interested, unchoked"], ["open", "unchoked, not interested"], ["ask", "request to block"],
    ["down", "download"], ["up", "upload"], ["disk", "disk"], ["band", "action"], ["fail", "failure"]];
  $("legend").replaceChildren(...entries.map(([c, text]) => {
    const i = element("i");
    i.style.background = "var(--" + c + ")";
    return element("span", "", i, text);
  }));
}

$("in").onclick = () => zoom(.5);
$("out").onclick = () => zoom(2);
$("all").onclick = () => setWindow(0, data.end * 1.01);
$("back").onclick = () => shift(-.5);
$("on").onclick = () => shift(.5);
$("unfold").onclick = () => lanes.forEach((l) => unfold(l, true));
$("fold").onclick = () => lanes.forEach((l) => unfold(l, false));
addEventListener("keydown", (e) => {
  if (/^(INPUT|SELECT)$/.test(e.target.tagName) || e.ctrlKey || e.metaKey || e.altKey) return;
  const act = { "+": () => zoom(.5), "-": () => zoom(2), "0": () => setWindow(0, data.end * 1.01), "ArrowLeft": () => shift(-.2), "ArrowRight": () => shift(.2) }[e.key];
  if (act) { e.preventDefault(); act(); }
});
function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  readPalette();
  redraw();
}
$("theme").onclick = () => setTheme(document.documentElement.dataset.theme !== "dark");

setTheme(matchMedia("(prefers-color-scheme: dark)").matches);
showHead();
showLegend();
showFaults();
fillFilters();
showLog();
// Few lanes are shown in full; many are easier to compare when they are folded.
const few = nodes.length <= 8;
lanes.forEach((l) => unfold(l, few && l.node.kind !== "tracker"));
document.body.dataset.ready = "yes";
})();

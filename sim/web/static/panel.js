"use strict";
const text = JSON.parse(document.getElementById("text").textContent);
const $ = (id) => document.getElementById(id);
const PERIOD_MS = 200;
const TRAVEL_PX = 90;
const BOLT_PX = 42;
let lastEvent = 0;
let cameraUp = false;

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const found = await answer.json();
  if (!answer.ok) say(`${found.error}: ${found.expected} ≠ ${found.found}`, true);
  return answer.ok ? found : null;
}

function say(words, bad = false) {
  $("answer").textContent = words;
  $("answer").className = bad ? "lost" : "";
}

function draw(state) {
  const svg = document.querySelector("svg");
  $("press").setAttribute("transform", `translate(0 ${state.depth * TRAVEL_PX})`);
  $("bolt").setAttribute("transform", `translate(${-(1 - state.bolt_reach) * BOLT_PX} 0)`);
  $("paper").style.display = state.inputs.paper ? "" : "none";
  $("seal").style.display = state.inputs.seal_present ? "" : "none";
  svg.classList.toggle("bolt-open", state.open);
  svg.classList.toggle("door-open", !state.inputs.door_closed);
  svg.classList.toggle("lit", state.outputs.light);
  svg.classList.toggle("no-power", !state.powered);
  $("lamp-ok").classList.toggle("on", state.outputs.led_ok || state.panel.ok);
  $("lamp-alarm").classList.toggle("on", state.outputs.led_alarm || state.panel.alarm);
  const marks = state.paper ? state.paper.impressions : [];
  $("marks").innerHTML = marks
    .map((_, n) => `<rect class="mark" x="${222 + 8 * n}" y="335" width="44" height="3"/>`)
    .join("");
}

function write(state) {
  $("board").textContent = `${state.profile} · ${state.board}`;
  $("clock").textContent = new Date(state.clock_ms).toISOString().replace("T", " ").slice(0, 19) + " UTC";
  $("presses").textContent = state.presses;
  $("impressions").textContent = state.impressions;
  const bolt = state.bolt_out ? "bolt_out" : state.open ? "bolt_in" : "bolt_between";
  $("bolt-word").textContent = text[bolt];
  $("bolt-word").className = state.bolt_out ? "" : "open";
  $("supply").textContent = state.powered ? `${(state.supply_mv / 1000).toFixed(1)} V` : text.no_power;
  $("supply").className = state.inputs.mains_ok ? "" : "lost";
  $("current").textContent = `${state.press_current_ma} mA`;
  $("sheet").textContent = state.paper
    ? `${state.paper.id} · ${state.paper.photo} · ${text.on_paper} ${state.paper.impressions.length}`
    : text.no_paper;
}

function lightSignals(state) {
  for (const item of document.querySelectorAll("#inputs li")) {
    const on = state.inputs[item.dataset.name];
    item.classList.toggle("on", on);
    item.classList.toggle("bad", !on && !item.dataset.name.startsWith("press_"));
  }
  for (const item of document.querySelectorAll("#outputs li")) {
    item.classList.toggle("on", state.outputs[item.dataset.name]);
  }
}

function markFaults(state) {
  const active = new Map(state.faults.map((fault) => [fault.name, fault]));
  for (const button of document.querySelectorAll(".fault")) {
    const fault = active.get(button.dataset.fault);
    button.setAttribute("aria-pressed", String(Boolean(fault)));
    button.querySelector("small").textContent = fault ? left(fault) : button.dataset.fault;
  }
  const figure = document.querySelector("[name=figure]:checked").value;
  for (const button of document.querySelectorAll(".fault[data-counts='0']")) {
    button.disabled = figure === "count" && button.getAttribute("aria-pressed") === "false";
  }
  $("amount").disabled = figure === "lasting";
}

function left(fault) {
  if (fault.count !== null) return `${text.left} ${fault.count} ${text.times}`;
  if (fault.left_ms !== null) return `${text.left} ${(fault.left_ms / 1000).toFixed(1)} s`;
  return text.until_cleared;
}

function facts(event) {
  const { n, at_ms, monotonic_ns, kind, ...rest } = event;
  if (kind === "rx" || kind === "tx") {
    return rest.hex + (rest.lost ? " request_lost" : "") + (rest.fault ? ` ${rest.fault}` : "");
  }
  return Object.entries(rest)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => (key === "is" ? String(value) : `${key}=${value}`))
    .join(" ");
}

function listEvents(events) {
  const list = $("events");
  for (const event of events) {
    const line = document.createElement("li");
    const when = new Date(event.at_ms).toISOString().slice(11, 23);
    const [time, kind, what] = ["time", "span", "span"].map((tag) => document.createElement(tag));
    time.textContent = when;
    kind.textContent = text[`event_${event.kind}`] ?? event.kind;
    what.textContent = facts(event);
    if (["press", "bolt", "fault", "power"].includes(event.kind)) line.className = "strong";
    line.append(time, kind, what);
    list.prepend(line);
    lastEvent = event.n;
  }
  while (list.children.length > 200) list.lastChild.remove();
}

function showCamera(state) {
  const up = state.powered && !state.faults.some((fault) => fault.name === "camera_gone");
  if (up && !cameraUp) $("camera").src = `${$("camera").dataset.src}?${Date.now()}`;
  if (!up) $("camera").removeAttribute("src");
  cameraUp = up;
}

async function refresh() {
  try {
    const state = await (await fetch("/state")).json();
    draw(state); write(state); lightSignals(state); markFaults(state); showCamera(state);
    listEvents(await (await fetch(`/events?after=${lastEvent}`)).json());
    $("offline").hidden = true;
  } catch {
    $("offline").hidden = false;
  }
  setTimeout(refresh, PERIOD_MS);
}

$("lever").onclick = async () => {
  const stroke = await call("POST", "/lever");
  if (!stroke) return;
  if (!stroke.down) say(text.lever_blocked, true);
  else say(text.lever_done.replace("{presses}", stroke.presses).replace("{impressions}", stroke.impressions));
};
for (const button of document.querySelectorAll("[data-paper]")) {
  const bodies = { again: {}, rendered: { photo: "rendered" }, none: { photo: null } };
  button.onclick = () => call("POST", "/paper", bodies[button.dataset.paper]);
}
$("door").onclick = () => call("POST", "/door", { closed: true });
$("path-form").onsubmit = (event) => {
  event.preventDefault();
  call("POST", "/paper", { photo: $("path").value });
};
$("card-form").onsubmit = (event) => {
  event.preventDefault();
  call("POST", "/card", { uid: $("uid").value });
};
for (const button of document.querySelectorAll(".fault")) {
  button.onclick = () => {
    if (button.getAttribute("aria-pressed") === "true") {
      return call("DELETE", `/faults/${button.dataset.fault}`);
    }
    const body = { name: button.dataset.fault };
    const figure = document.querySelector("[name=figure]:checked").value;
    if (figure !== "lasting") body[figure] = Number($("amount").value);
    if ($("only-moves").checked && button.dataset.place === "line") body.on = "moves";
    return call("POST", "/faults", body);
  };
}
$("clear-all").onclick = async () => {
  for (const button of document.querySelectorAll(".fault[aria-pressed=true]")) {
    await call("DELETE", `/faults/${button.dataset.fault}`);
  }
};
refresh();

/* What the pages need besides htmx: on-screen keys, the live picture, the quiet time bar, signs of
   life, and the optional voice. Everything works on elements marked with data attributes; fields
   are plain inputs, so a keyboard that is plugged in works by itself. */
"use strict";

const AWAKE_EVERY_MS = 10000;
const LEAVING_MS = 25000;
const PICTURE_EVERY_MS = 200;
const PICTURE_RETRY_MS = 1000;

/* --- typing ------------------------------------------------------------------------------- */

function fieldOf(key) {
  return document.getElementById(key.closest("[data-keys-for]").dataset.keysFor);
}

function write(field, text) {
  if (field.dataset.overtype !== undefined && !field.dataset.typed) field.value = "";
  field.dataset.typed = "1";
  if (field.maxLength >= 0 && field.value.length + text.length > field.maxLength) return;
  field.value += text;
  changed(field);
}

function changed(field) {
  if (field.dataset.grouped) group(field);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function group(field) {
  const plain = field.value.toUpperCase().replace(/[^0-9A-Z]/g, "");
  field.value = (plain.match(new RegExp(`.{1,${field.dataset.grouped}}`, "g")) || []).join("-");
}

let letters = "";

async function compose(next) {
  letters = next;
  const keyboard = document.querySelector("[data-compose]");
  const row = document.getElementById("choices");
  row.querySelector(".spelled").textContent = next;
  const typed = fieldOf(keyboard).value.length;
  const asked = new URLSearchParams({ letters: next, typed, compose: keyboard.dataset.compose });
  const answer = await fetch("/choices?" + asked, { headers: { "HX-Request": "true" } });
  if (answer.headers.has("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect"));
  const choices = await answer.text();
  if (letters !== next || !answer.ok) return;
  row.innerHTML = choices;
  row.scrollLeft = 0;
}

function erase(key) {
  const field = fieldOf(key);
  if (key.closest("[data-compose]") && letters) { compose(letters.slice(0, -1)); return; }
  field.dataset.typed = "1";
  field.value = Array.from(field.value).slice(0, -1).join("");
  changed(field);
}

function step(key) {
  const field = key.parentElement.querySelector("input");
  const wanted = (parseInt(field.value, 10) || 0) + parseInt(key.dataset.step, 10);
  field.value = Math.min(Number(field.dataset.most), Math.max(Number(field.dataset.least), wanted));
}

function turn(direction) {
  const row = document.getElementById("choices");
  row.scrollLeft += direction * row.clientWidth * 0.9;
}

function swapDigits(key) {
  for (const row of key.closest(".keyboard").querySelectorAll(".row")) row.hidden = !row.hidden;
}

document.addEventListener("click", (event) => {
  const key = event.target.closest("button");
  if (!key) return;
  const data = key.dataset;
  if (data.key !== undefined) write(fieldOf(key), data.key);
  else if (data.letter !== undefined) {
    if (key.closest("[data-compose]")) compose(letters + data.letter);
    else write(fieldOf(key), data.letter);
  } else if (data.choice !== undefined) {
    const keyboard = document.querySelector("[data-compose]");
    write(fieldOf(keyboard), data.choice);
    compose(letters.slice(Number(data.uses)));
  } else if (data.print !== undefined) window.print();
  else if (data.erase !== undefined) erase(key);
  else if (data.clear !== undefined) { fieldOf(key).value = ""; changed(fieldOf(key)); }
  else if (data.step !== undefined) step(key);
  else if (data.digits !== undefined) swapDigits(key);
  else if (data.earlier !== undefined) turn(-1);
  else if (data.later !== undefined) turn(1);
  else if (data.hear !== undefined) utter(data.hear);
  else if (key.id === "turn") { turned += 1; paginate(); }
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (field.dataset && field.dataset.overtype !== undefined && /^\d$/.test(event.key) && !field.dataset.typed) {
    field.value = "";
    field.dataset.typed = "1";
  }
});

/* A button that was tapped says that it was, and cannot be tapped again. */
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented || event.target.hasAttribute("hx-post")) return;
  setTimeout(() => {
    for (const one of document.querySelectorAll("nav button, main form button")) one.disabled = true;
    if (button.dataset.busy) button.querySelector("span").textContent = button.dataset.busy;
  });
});

/* While a form is on its way, no late answer of a timer may lead elsewhere. */
let leavingUntil = 0;

document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented && !event.target.hasAttribute("hx-post")) leavingUntil = Date.now() + LEAVING_MS;
});
for (const name of ["htmx:beforeRequest", "htmx:beforeOnLoad"]) {
  document.addEventListener(name, (event) => { if (Date.now() < leavingUntil) event.preventDefault(); });
}

/* A page that comes back from the browser's memory would show an old state. */
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

/* --- signs of life ------------------------------------------------------------------------- */

let awakeAt = Date.now();

function awake() {
  if (!("signedIn" in document.body.dataset) || Date.now() - awakeAt < AWAKE_EVERY_MS) return;
  awakeAt = Date.now();
  fetch("/prolong", { method: "POST", headers: { "X-Token": document.body.dataset.token } });
}

for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, awake, { passive: true });

/* --- picture, time bar, countdown ---------------------------------------------------------- */

function follow(image) {
  if (image.dataset.followed) return;
  image.dataset.followed = "1";
  const again = (wait) => setTimeout(() => { if (image.isConnected) show(); }, wait);
  const show = () => { image.src = image.dataset.live + "?at=" + Date.now(); };
  image.addEventListener("load", () => { image.classList.add("seen"); again(PICTURE_EVERY_MS); });
  image.addEventListener("error", () => { image.classList.remove("seen"); again(PICTURE_RETRY_MS); });
  show();
}

function run(bar) {
  if (bar.dataset.running) return;
  bar.dataset.running = "1";
  const left = Number(bar.dataset.remainingMs);
  const from = left / Math.max(1, Number(bar.dataset.windowMs));
  bar.firstElementChild.animate(
    [{ transform: `scaleX(${from})` }, { transform: "scaleX(0)" }], { duration: left, fill: "forwards" });
}

function countDown(element, milliseconds) {
  if (element.dataset.running) return;
  element.dataset.running = "1";
  const end = performance.now() + milliseconds;
  const tick = () => {
    element.textContent = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    if (element.isConnected && performance.now() < end) setTimeout(tick, 200);
  };
  tick();
}

/* --- parts: what does not fit on one screen is shown one screen after the other --------------- */

let turned = 0;

function paginate() {
  const main = document.querySelector("main");
  const button = document.getElementById("turn");
  if (!main || !button) return;
  const parts = [...main.querySelectorAll("[data-part]")];
  const fits = () => main.scrollHeight <= main.clientHeight + 1;
  for (const part of parts) part.hidden = false;
  button.hidden = true;
  if (fits()) return;
  button.hidden = false;
  const screens = [[]];
  for (const part of parts) part.hidden = true;
  for (const part of parts) {
    part.hidden = false;
    if (!fits() && screens[screens.length - 1].length) {
      for (const shown of screens[screens.length - 1]) shown.hidden = true;
      screens.push([]);
    }
    screens[screens.length - 1].push(part);
  }
  turned %= screens.length;
  for (const part of parts) part.hidden = !screens[turned].includes(part);
  button.querySelector("b").textContent = `${turned + 1} / ${screens.length}`;
}

function enliven() {
  paginate();
  document.querySelectorAll("[data-live]").forEach(follow);
  document.querySelectorAll("[data-remaining-ms]").forEach(run);
  document.querySelectorAll("[data-seconds-left]").forEach((one) => countDown(one, Number(one.dataset.secondsLeft)));
  document.querySelectorAll("[data-count-down]").forEach((one) => countDown(one, 1000 * Number(one.dataset.countDown)));
  speak();
}

/* --- voice: only one that is installed beside the browser, for the page's language ------------ */

let said = "";

function voiceFor() {
  if (!window.speechSynthesis) return null;
  const language = document.documentElement.lang.slice(0, 2);
  return speechSynthesis.getVoices().find((one) => one.localService && one.lang.startsWith(language)) || null;
}

function showVoice() {
  const here = document.getElementById("voice-here");
  const voice = voiceFor();
  for (const id of ["voicing", "hear"]) {
    const part = document.getElementById(id);
    if (part) part.hidden = !voice;
  }
  if (here) here.textContent = voice ? here.dataset.some : here.dataset.none;
  speak();
}

function utter(text) {
  const speech = new SpeechSynthesisUtterance(text);
  speech.voice = voiceFor();
  speech.lang = speech.voice.lang;
  speechSynthesis.cancel();
  speechSynthesis.speak(speech);
}

/* The step, and what went wrong; each sentence once, as long as it stands. */
function speak() {
  const main = document.querySelector("main[data-say]");
  if (!main || document.body.dataset.voice !== "on" || !voiceFor()) return;
  const notices = [...main.querySelectorAll(".notice span")].map((one) => one.textContent.trim());
  const text = [...notices, main.dataset.say].join(" ");
  if (text === said) return;
  said = text;
  utter(text);
}

document.addEventListener("DOMContentLoaded", () => {
  enliven();
  showVoice();
  if (window.speechSynthesis) speechSynthesis.addEventListener("voiceschanged", showVoice);
});
document.addEventListener("htmx:afterSettle", enliven);

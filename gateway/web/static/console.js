// Keys in lists: / the search field, j next row, k previous row, Enter opens it, space marks it or turns the page.
// Everything here is a convenience: each page works without it.
"use strict";
(function () {
  function rows() {
    return Array.from(document.querySelectorAll("[data-row]"));
  }
  function isTyping(target) {
    return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  }
  function move(step) {
    const all = rows();
    if (!all.length) return false;
    const current = all.indexOf(document.activeElement.closest("[data-row]"));
    const next = current < 0 ? (step > 0 ? 0 : all.length - 1) : current + step;
    const row = all[Math.min(all.length - 1, Math.max(0, next))];
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    return true;
  }
  function toggle() {
    const row = document.activeElement.closest("[data-row]");
    const box = row && row.querySelector("input[type=checkbox]");
    if (!box) return false;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const row = event.target.closest("[data-row]");
    let done = false;
    const field = document.querySelector("[data-search]");
    if (event.key === "/" && field) { field.focus(); field.select(); done = true; }
    else if (event.key === "j") done = move(1);
    else if (event.key === "k") done = move(-1);
    else if (event.key === " " && event.target === row) done = toggle();
    else if (event.key === "Enter" && event.target === row) {
      const link = row.querySelector("a[data-open]");
      if (link) { link.click(); done = true; }
    }
    if (done) event.preventDefault();
  });
  document.addEventListener("click", function (event) {
    const row = event.target.closest("[data-row]");
    if (!row || event.target.closest("a, button, input, label, summary")) return;
    const link = row.querySelector("a[data-open]");
    if (link && !String(window.getSelection())) link.click();
  });
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
  // The browser's own way back keeps what was typed into the form.
  document.querySelectorAll("a[data-back]").forEach(function (link) {
    link.addEventListener("click", function (event) {
      if (link.href !== document.referrer) return;
      event.preventDefault();
      window.history.back();
    });
  });
  // A phone has room for one group of the menu beside today's work, which stays as a bar.
  const narrow = window.matchMedia("(max-width: 760px)");
  function fold() {
    if (!narrow.matches) return;
    document.querySelectorAll(".group.beside").forEach(function (group) { group.open = false; });
  }
  narrow.addEventListener("change", fold);
  fold();
  document.addEventListener("toggle", function (event) {
    const opened = event.target;
    if (!narrow.matches || !opened.open || !opened.matches(".group")) return;
    document.querySelectorAll(".group[open]:not(:first-child)").forEach(function (group) {
      if (group !== opened) group.open = false;
    });
  }, true);
  document.addEventListener("change", function (event) {
    const all = event.target.closest("[data-all]");
    if (all) {
      document.querySelectorAll("[data-one]").forEach(function (box) { box.checked = all.checked; });
    }
    const marked = document.querySelectorAll("[data-one]:checked").length;
    document.querySelectorAll("[data-marked]").forEach(function (place) {
      place.textContent = String(marked);
    });
  });
})();

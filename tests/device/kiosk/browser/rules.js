() => {
  const bad = [];
  const visible = (el) => { const b = el.getBoundingClientRect(); const s = getComputedStyle(el); return b.width > 0 && b.height > 0 && s.visibility !== "hidden"; };
  const rgb = (text) => { const n = text.match(/[\d.]+/g).map(Number); return { c: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 }; };
  const lum = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (el) => { for (let e = el; e; e = e.parentElement) { const { c, a } = rgb(getComputedStyle(e).backgroundColor); if (a > 0.99) return c; } return [255, 255, 255]; };
  const name = (el) => el.tagName.toLowerCase() + (el.id ? "#" + el.id : "") + "." + [...el.classList].join(".") + " " + (el.textContent || el.value || "").trim().slice(0, 16);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) { const el = walker.currentNode.parentElement; if (walker.currentNode.textContent.trim() && !["SCRIPT", "STYLE"].includes(el.tagName)) seen.add(el); }
  document.querySelectorAll("input:not([type=hidden])").forEach((el) => seen.add(el));
  for (const el of seen) {
    if (!visible(el)) continue;
    const s = getComputedStyle(el), size = parseFloat(s.fontSize), line = parseFloat(s.lineHeight);
    if (size < 24) bad.push(["font", size, name(el)]);
    if (el.tagName !== "INPUT" && !(line / size >= 1.295)) bad.push(["line", line / size, name(el)]);
    const [a, b] = [lum(rgb(s.color).c), lum(ground(el))]; const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) bad.push(["contrast", contrast, name(el)]);
    const box = el.getBoundingClientRect(); const inChoices = el.closest(".choices");
    if (!inChoices && (box.left < -1 || box.right > innerWidth + 1 || box.top < -1 || box.bottom > innerHeight + 1)) bad.push(["outside", [box.left, box.top, box.right, box.bottom].map(Math.round), name(el)]);
  }
  for (const el of document.querySelectorAll("button, a[href], input:not([type=hidden])")) {
    if (!visible(el) ) continue;
    const b = el.getBoundingClientRect();
    if (b.width < 60 || b.height < 60) bad.push(["target", [b.width, b.height], name(el)]);
    if (el.scrollWidth > el.clientWidth + 1 && el.tagName !== "INPUT") bad.push(["cut", [el.scrollWidth, el.clientWidth], name(el)]);
  }
  for (const el of [document.documentElement, document.body, ...document.querySelectorAll("main, nav, .taken, .counting")]) {
    if (el.scrollWidth > el.clientWidth + 1) bad.push(["wide", [el.scrollWidth, el.clientWidth], name(el)]);
    if (el.scrollHeight > el.clientHeight + 1) bad.push(["tall", [el.scrollHeight, el.clientHeight], name(el)]);
  }
  return bad;
}

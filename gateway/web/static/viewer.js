// The photo viewer: moves the two plain photos onto one stage with a slider, zoom and marks.
// Without it, or when a photo cannot be decoded, the plain photos and the tables stay as they are.
"use strict";
(function () {
  const CLOSEST = 4; // screen pixels for one pixel of the photo
  const STEP = 1.4; // one press of a zoom button
  const NUDGE = 60; // screen pixels that an arrow key moves the photo
  const LABEL = 14; // screen pixels

  function Viewer(root, before, after) {
    const find = function (name) { return root.querySelector("[data-" + name + "]"); };
    const width = Number(root.dataset.width) || after.naturalWidth;
    const height = Number(root.dataset.height) || after.naturalHeight;
    const stage = find("stage"), sheet = find("sheet"), overlay = find("overlay");
    const slide = find("slide"), divider = find("divider");
    const fingers = new Map();
    let scale = 0, x = 0, y = 0, whole = true, spread = 0, sliding = false;

    function fitting() { return Math.min(stage.clientWidth / width, stage.clientHeight / height); }
    function held(at, room, length) {
      return length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, at));
    }
    function cut() {
      const left = Math.max(0, x), right = Math.min(stage.clientWidth, x + width * scale);
      const line = left + (right - left) * Number(slide.value) / 100;
      const at = Math.min(width, Math.max(0, (line - x) / scale));
      divider.style.left = line + "px";
      before.style.clipPath = "inset(0 " + (100 - 100 * at / width) + "% 0 0)";
      const sides = { before: [0, at], after: [at, width - at] };
      overlay.querySelectorAll("[data-clip]").forEach(function (one) {
        const side = sides[one.dataset.clip];
        one.setAttribute("x", side[0]);
        one.setAttribute("width", side[1]);
        one.setAttribute("height", height);
      });
    }
    function draw() {
      const least = fitting();
      if (!(least > 0)) return;
      scale = whole ? least : Math.min(Math.max(scale, least), Math.max(CLOSEST, least));
      whole = scale <= least;
      x = held(x, stage.clientWidth, width * scale);
      y = held(y, stage.clientHeight, height * scale);
      sheet.style.transform = "translate(" + x + "px," + y + "px) scale(" + scale + ")";
      const seen = [-x / scale, -y / scale, stage.clientWidth / scale, stage.clientHeight / scale];
      overlay.setAttribute("viewBox", seen.join(" "));
      overlay.setAttribute("font-size", LABEL / scale);
      stage.classList.toggle("zoomed", !whole);
      root.dataset.scale = scale.toFixed(3);
      cut();
    }
    function zoom(factor, atX, atY) {
      const least = fitting();
      const next = Math.min(Math.max(scale * factor, least), Math.max(CLOSEST, least));
      x = atX - (atX - x) * next / scale;
      y = atY - (atY - y) * next / scale;
      scale = next;
      whole = false;
      draw();
    }
    function zoomMiddle(factor) { zoom(factor, stage.clientWidth / 2, stage.clientHeight / 2); }
    function fit() { whole = true; draw(); }
    function look(box) {
      const room = 1.3; // some of what stands around it stays in sight
      whole = false;
      scale = Math.min(stage.clientWidth / (box[2] * room), stage.clientHeight / (box[3] * room), CLOSEST);
      x = stage.clientWidth / 2 - (box[0] + box[2] / 2) * scale;
      y = stage.clientHeight / 2 - (box[1] + box[3] / 2) * scale;
      slide.value = 0;
      draw();
      stage.scrollIntoView({ block: "nearest" });
    }
    function place(event) {
      const edge = stage.getBoundingClientRect();
      return [event.clientX - edge.left - stage.clientLeft, event.clientY - edge.top - stage.clientTop];
    }
    function slideTo(at) {
      const left = Math.max(0, x), right = Math.min(stage.clientWidth, x + width * scale);
      slide.value = 100 * (at - left) / (right - left);
      cut();
    }
    function down(event) {
      if (event.button) return;
      sliding = Boolean(event.target.closest("[data-divider]"));
      stage.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, place(event));
      spread = 0;
      stage.classList.add("dragging");
    }
    function move(event) {
      if (!fingers.has(event.pointerId)) return;
      const from = fingers.get(event.pointerId), to = place(event);
      fingers.set(event.pointerId, to);
      if (sliding) { slideTo(to[0]); return; }
      if (fingers.size === 2) {
        const both = Array.from(fingers.values());
        const apart = Math.hypot(both[0][0] - both[1][0], both[0][1] - both[1][1]);
        const middle = [(both[0][0] + both[1][0]) / 2, (both[0][1] + both[1][1]) / 2];
        if (spread) zoom(apart / spread, middle[0], middle[1]);
        spread = apart;
      } else if (!whole) {
        x += to[0] - from[0];
        y += to[1] - from[1];
        draw();
      }
    }
    function up(event) {
      fingers.delete(event.pointerId);
      spread = 0;
      if (!fingers.size) stage.classList.remove("dragging");
    }
    function key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const ways = { ArrowLeft: [NUDGE, 0], ArrowRight: [-NUDGE, 0], ArrowUp: [0, NUDGE], ArrowDown: [0, -NUDGE] };
      if (event.key === "+" || event.key === "=") zoomMiddle(STEP);
      else if (event.key === "-") zoomMiddle(1 / STEP);
      else if (event.key === "0") fit();
      else if (ways[event.key] && !whole) { x += ways[event.key][0]; y += ways[event.key][1]; draw(); }
      else return;
      event.preventDefault();
    }
    function layer(box) {
      root.classList.toggle("no-" + box.dataset.switch, !box.checked);
      const mask = overlay.querySelector("[data-new-red]");
      if (box.dataset.switch === "red" && box.checked && mask && !mask.hasAttribute("href")) {
        mask.setAttribute("href", mask.dataset.newRed);
      }
    }

    [after, before].forEach(function (photo) {
      const link = photo.closest("a"), shot = document.createElement("figure");
      shot.append(photo);
      sheet.append(shot);
      photo.draggable = false;
      if (link) link.textContent = root.dataset.original;
    });
    sheet.style.width = width + "px";
    sheet.style.height = height + "px";
    stage.style.aspectRatio = width + " / " + height;
    find("plain").classList.add("moved");
    root.querySelectorAll("[data-stage], [data-bar], [data-keys], [data-look]").forEach(function (one) { one.hidden = false; });
    root.querySelectorAll("[data-switch]").forEach(function (box) {
      layer(box);
      box.addEventListener("change", function () { layer(box); });
    });
    root.querySelectorAll("[data-look]").forEach(function (one) {
      one.addEventListener("click", function () { look(one.dataset.look.split(" ").map(Number)); });
    });
    root.querySelectorAll("[data-zoom]").forEach(function (one) {
      const how = { in: function () { zoomMiddle(STEP); }, out: function () { zoomMiddle(1 / STEP); }, fit: fit };
      one.addEventListener("click", how[one.dataset.zoom]);
    });
    slide.addEventListener("input", cut);
    stage.addEventListener("pointerdown", down);
    stage.addEventListener("pointermove", move);
    stage.addEventListener("pointerup", up);
    stage.addEventListener("pointercancel", up);
    stage.addEventListener("keydown", key);
    stage.addEventListener("dblclick", function (event) { zoom(STEP * STEP, ...place(event)); });
    stage.addEventListener("wheel", function (event) {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls as everywhere
      event.preventDefault();
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, ...place(event));
    }, { passive: false });
    new ResizeObserver(draw).observe(stage);
    draw();
    root.dataset.ready = "";
  }

  document.querySelectorAll("[data-viewer]").forEach(function (root) {
    if (!root.querySelector("[data-stage]")) return;
    const both = ["before", "after"].map(function (side) {
      return root.querySelector("[data-photo=" + side + "] img");
    });
    Promise.all(both.map(function (photo) { return photo.decode(); })).then(
      function () { Viewer(root, both[0], both[1]); },
      function () { root.dataset.plain = ""; } // a damaged photo: the plain page says so
    );
  });
})();

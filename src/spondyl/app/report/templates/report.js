"use strict";
(function () {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const planes = document.getElementById("planes");
  const press = (button, on) => button.setAttribute("aria-pressed", on ? "true" : "false");
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const choose = (attribute, act) => all("button[" + attribute + "]").forEach((button) => button.addEventListener("click", () => {
    all("button[" + attribute + "]").forEach((other) => press(other, other === button));
    act(button.getAttribute(attribute));
  }));

  choose("data-point", (key) => all("[data-figure]").forEach((f) => f.classList.toggle("hide", f.dataset.figure !== key)));
  choose("data-window", (key) => {
    planes.classList.toggle("show-soft", key === "soft");
    all(".windowname").forEach((n) => { n.textContent = key === "soft" ? "soft tissue 40/400 HU" : "bone 400/1800 HU"; });
  });
  choose("data-zoom", (key) => {
    planes.classList.toggle("whole", key === "whole");
    all(".pan").forEach((g) => {
      g.setAttribute("transform", g.dataset[key]);
      g.style.setProperty("--k", key === "whole" ? g.dataset.k : "1");
    });
  });
  all("button[data-toggle]").forEach((button) => button.addEventListener("click", () => {
    const on = !pressed(button), what = button.dataset.toggle;
    press(button, on);
    planes.classList.toggle(what === "wash" ? "show-wash" : "hide-" + what, what === "wash" ? on : !on);
  }));
  const hidden = new Set(all("button.entry").filter((b) => !pressed(b)).map((b) => b.dataset.key));
  all("button.entry").forEach((button) => button.addEventListener("click", () => {
    const key = button.dataset.key, off = pressed(button);
    if (off) { hidden.add(key); } else { hidden.delete(key); }
    all('button.entry[data-key="' + key + '"]').forEach((b) => press(b, !off));
    all(".s" + key).forEach((e) => e.classList.toggle("off", off));
  }));

  const chart = document.getElementById("dvh");
  if (!chart) { return; }
  const data = JSON.parse(document.getElementById("hover").textContent);
  const tip = document.getElementById("tip"), cursor = document.getElementById("cursor"), box = data.box;
  const leave = () => {
    tip.hidden = true; cursor.setAttribute("visibility", "hidden");
    all("path.lit", chart).forEach((p) => p.classList.remove("lit"));
  };
  const three = (x) => (x === 0 ? "0" : String(Number(x.toPrecision(3))));
  chart.addEventListener("pointermove", (event) => {
    const r = chart.getBoundingClientRect(), k = box.w / r.width;
    const x = (event.clientX - r.left) * k, y = (event.clientY - r.top) * k;
    if (x < box.l || x > box.r || y < box.t - 6 || y > box.b + 6) { leave(); return; }
    const at = (x - box.l) / (box.r - box.l), dose = at * data.max;
    let best = null;
    data.curves.forEach((c) => {
      if (hidden.has(String(c.key))) { return; }
      const i = at * (c.v.length - 1), j = Math.min(c.v.length - 2, Math.floor(i));
      const v = c.v[j] + (c.v[j + 1] - c.v[j]) * (i - j), cy = box.b - (box.b - box.t) * v / 100;
      if (!best || Math.abs(cy - y) < best.off) { best = { c: c, v: v, y: cy, off: Math.abs(cy - y) }; }
    });
    if (!best) { leave(); return; }
    all("path.lit", chart).forEach((p) => p.classList.remove("lit"));
    const line = chart.querySelector('path[data-key="' + best.c.key + '"]');
    line.classList.add("lit");
    cursor.setAttribute("visibility", "visible");
    cursor.querySelector("path").setAttribute("d", "M" + x + " " + box.b + "V" + best.y + "H" + box.l);
    const dot = cursor.querySelector("circle");
    dot.setAttribute("cx", x); dot.setAttribute("cy", best.y); dot.setAttribute("fill", line.getAttribute("stroke"));
    tip.textContent = best.c.name + ": " + three(dose) + " Gy, " + three(best.v) + " % (" + three(best.v / 100 * parseFloat(best.c.cm3)) + " cm³)";
    tip.hidden = false;
    const left = x / k + 14, width = tip.offsetWidth;
    tip.style.left = Math.max(0, left + width > r.width ? x / k - width - 14 : left) + "px";
    tip.style.top = Math.max(0, best.y / k - 32) + "px";
  });
  chart.addEventListener("pointerleave", leave);
}());

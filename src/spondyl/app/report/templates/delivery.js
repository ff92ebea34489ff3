(function () {
  "use strict";
  const box = document.getElementById("arc"), source = document.getElementById("beams");
  if (!box || !source) { return; }
  const beams = JSON.parse(source.textContent), svg = box.querySelector("svg.bev"), beamOf = box.querySelector(".dial .beam");
  const slider = document.getElementById("arcat"), told = document.getElementById("arctold"), play = document.getElementById("arcplay");
  const buttons = Array.from(box.querySelectorAll("[data-beam]")), NS = "http://www.w3.org/2000/svg";
  let beam = beams[0], at = 0, timer = null;

  const rects = (b, tips) => b.edges.slice(1).map((high, i) => [[-b.half, tips[2 * i]], [b.half, tips[2 * i + 1]]].map(
    ([from, tip]) => "M" + from + " " + -high + "H" + tip + "V" + -b.edges[i] + "H" + from + "Z").join("")).join("");
  const around = (h, j) => "M" + -h + " " + -h + "H" + h + "V" + h + "H" + -h + "ZM" + j[0] + " " + -j[3] + "H" + j[1] + "V" + -j[2] + "H" + j[0] + "Z";
  const show = () => {
    const [gantry, mu, seconds, tips, jaws, seen] = beam.frames[at];
    svg.querySelectorAll(".outline").forEach((p, i) => p.setAttribute("d", beam.outlines[seen][i]));
    svg.querySelectorAll(".edge").forEach((p, i) => p.setAttribute("d", beam.outlines[seen][i]));
    svg.querySelector(".leaves").setAttribute("d", rects(beam, tips));
    svg.querySelector(".jaws").setAttribute("d", around(beam.half, jaws));
    beamOf.setAttribute("transform", "rotate(" + gantry + ")");
    told.textContent = "gantry " + gantry.toFixed(1) + "\u00b0, " + mu.toFixed(1) + " MU, " + seconds.toFixed(1) + " s, control point " +
      (at + 1) + " of " + beam.frames.length + "; " + beam.angles;
    slider.value = String(at);
  };
  const frame = (b) => {
    const h = b.half;
    svg.setAttribute("viewBox", [-h, -h, 2 * h, 2 * h].join(" "));
    ["x", "y"].forEach((k) => svg.querySelector(".field").setAttribute(k, String(-h)));
    ["width", "height"].forEach((k) => svg.querySelector(".field").setAttribute(k, String(2 * h)));
    svg.querySelector(".axis").setAttribute("d", "M" + -h + " 0H" + h + "M0 " + -h + "V" + h);
    svg.querySelector(".scale").setAttribute("d", "M" + (h - 25) + " " + (h - 4) + "h20");
    const text = svg.querySelector(".mm");
    text.setAttribute("x", String(h - 15)); text.setAttribute("y", String(h - 6));
  };
  const stop = () => { clearInterval(timer); timer = null; play.setAttribute("aria-pressed", "false"); play.textContent = "play"; };
  const step = () => { at = (at + 1) % beam.frames.length; show(); };
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    timer = setInterval(step, Math.max(40, Math.min(400, 12000 / beam.frames.length)));
    play.setAttribute("aria-pressed", "true"); play.textContent = "stop";
  });
  slider.addEventListener("input", () => { stop(); at = Number(slider.value); show(); });
  buttons.forEach((button) => button.addEventListener("click", () => {
    stop();
    buttons.forEach((other) => other.setAttribute("aria-pressed", other === button ? "true" : "false"));
    beam = beams[Number(button.dataset.beam)]; at = 0; slider.max = String(beam.frames.length - 1);
    frame(beam); show();
  }));
  show();
}());

// The strip of an event: a mark for each look at its ground, above the later date of the look.
"use strict";

const strip = (() => {
  const SPACE = "http://www.w3.org/2000/svg";
  const OUTCOMES = { c: "changed", u: "unchanged", n: "notSeen" };
  const [WIDTH, ROW, LABELS] = [316, 15, 27];  // pixels

  function draw(tag, values, ...children) {
    const element = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // Told by shape and colour: a full square, an open circle, a cross.
  function mark(outcome, x, y) {
    const line = { fill: "none", "stroke-width": 2 };
    if (outcome === "c") return draw("rect", { x: x - 5, y: y - 5, width: 10, height: 10, fill: "#a2430a" });
    if (outcome === "u") return draw("circle", { cx: x, cy: y, r: 4.5, stroke: "#33566e", ...line });
    return draw("path", { d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8`, stroke: "#3d434a", ...line });
  }

  function label(text, x, y, anchor) {
    return draw("text", { x, y, "text-anchor": anchor, "font-size": 11, fill: "#3d434a" }, text);
  }

  function legend() {
    const row = document.createElement("p");
    row.className = "strip-legend";
    for (const [outcome, name] of Object.entries(OUTCOMES)) {
      const sample = draw("svg", { width: 14, height: 14, "aria-hidden": true }, mark(outcome, 7, 7));
      row.append(sample, document.createTextNode(texts[`strip_${name}`]));
    }
    return row;
  }

  // `letters` holds one for each of `looks`: what it showed, or that it did not ask.
  function of(looks, letters) {
    const told = looks.map(([before, after, question], n) => ({ before, after, question, outcome: letters[n] }))
      .filter(({ outcome }) => OUTCOMES[outcome]);
    const dates = [...new Set(told.map(({ after }) => after))];
    const columns = dates.map((date) => told.filter(({ after }) => after === date));
    const step = Math.min(Math.max(WIDTH / dates.length, 16), 76);
    const tallest = Math.max(...columns.map((column) => column.length));
    const base = tallest * ROW + 2;
    const words = ({ before, after, outcome }) => texts.stripLook
      .replace("{after}", after).replace("{before}", before)
      .replace("{outcome}", texts[`strip_${OUTCOMES[outcome]}`]);
    const svg = draw("svg", {
      role: "img", width: Math.max(step * dates.length, 60), height: base + LABELS,
      "aria-label": `${texts.strip}: ${told.map(words).join("; ")}`,
    });
    svg.append(draw("path", { d: `M0 ${base}H${step * dates.length}`, stroke: "#8f9aa3" }));
    let year = "";
    columns.forEach((column, number) => {
      const x = (number + 0.5) * step;
      column.forEach((look, row) => {
        const shown = draw("g", {}, draw("title", {}, words(look)), mark(look.outcome, x, base - 8 - row * ROW));
        svg.append(shown);
      });
      svg.append(draw("path", { d: `M${x} ${base}v3`, stroke: "#8f9aa3" }));
      const [, ownYear, day] = dates[number].match(/^(\d{4})-?(\d\d-\d\d)?/) || ["", dates[number], ""];
      if (day && step >= 34) svg.append(label(day, x, base + 14, "middle"));
      if (ownYear !== year) svg.append(label(ownYear, x, base + (step >= 34 ? 26 : 15), "middle"));
      year = ownYear;
    });
    const frame = document.createElement("div");
    frame.className = "strip";
    const head = document.createElement("h3");
    head.textContent = texts.strip;
    const sheet = document.createElement("div");
    sheet.className = "strip-sheet";
    if (step * dates.length > WIDTH) sheet.tabIndex = 0;  // it scrolls
    sheet.append(svg);
    frame.append(head, sheet, legend());
    return frame;
  }

  return { of };
})();

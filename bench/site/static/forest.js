/* Forest plots: a system a line, its value with its interval, the best on top. */
"use strict";

(() => {
  const { element, whenSeen } = sightsound;

  const points = (column, rows) => rows
    .map((row) => ({ name: row.name, reference: row.reference, ...row.cells[column.key] }))
    .filter((point) => typeof point.v === "number")
    .sort((a, b) => (column.up ? b.v - a.v : a.v - b.v));

  const plot = (column, mine, others, width) => {
    const names = mine.map((point) => point.name);
    const longest = Math.max(...names.map((name) => name.length));
    const left = Math.min(width * 0.45, 16 + longest * 6.6);
    const fits = Math.max(6, Math.floor((left - 16) / 6.6));
    const said = (point) => `${point.name}: ${point.text} ${point.ci || ""}`;
    const colour = "var(--accent)";
    const ends = mine.flatMap((point) => [point.v, point.lo ?? point.v, point.hi ?? point.v]);
    const flat = Math.min(...ends) === Math.max(...ends);  // all values are the same
    const marks = [
      Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1 }),
      typeof column.floor === "number" ? Plot.ruleX([column.floor], { stroke: "var(--soft)", strokeDasharray: "4 3" }) : null,
      Plot.ruleY(mine.filter((point) => "lo" in point), { x1: "lo", x2: "hi", y: "name", stroke: colour, strokeWidth: 2, title: said }),
      Plot.dot(mine, { x: "v", y: "name", r: 4, stroke: colour, strokeWidth: 1.5, title: said,
        fill: (point) => point.reference ? "var(--paper)" : "var(--accent)" }),
      Plot.dot(others.filter((each) => names.includes(each.system)), { x: "value", y: "system", symbol: "diamond", r: 5,
        stroke: "var(--warn)", strokeWidth: 1.5, title: (each) => `${each.source}: ${each.value}` }),
    ];
    return Plot.plot({
      width, height: 40 + mine.length * 20, marginLeft: left, marginRight: 16, marginBottom: 30, marginTop: 6,
      x: { label: null, ...(flat ? { domain: [ends[0] - 0.5, ends[0] + 0.5] } : {}), ticks: Math.max(3, Math.floor(width / 110)) },
      y: { domain: names, label: null, tickSize: 0, tickFormat: (name) => name.length > fits ? `${name.slice(0, fits - 1)}…` : name },
      color: { type: "identity" },
      style: { background: "none", color: "var(--ink)", fontFamily: "inherit", fontSize: "12px", overflow: "visible" },
      marks,
    });
  };

  const draw = (node, column, mine, others) => {
    const width = Math.max(260, node.clientWidth);
    const drawn = plot(column, mine, others, width);
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", `${column.short}: ${mine.map((point) => `${point.name} ${point.text}`).join(", ")}`);
    node.append(drawn);
  };

  /* A figure a column, drawn when it comes near the screen. */
  sightsound.forests = (node, columns, rows, published, qualities) => {
    node.replaceChildren();
    const waiting = new Map();
    for (const [quality, text] of Object.entries(qualities)) {
      const own = columns.filter((column) => column.quality === quality)
        .map((column) => [column, points(column, rows)]).filter(([, mine]) => mine.length);
      if (!own.length) continue;
      const grid = element("div", { class: "forests" });
      for (const [column, mine] of own) {
        const place = element("div", { class: "plot", style: `min-height:${40 + mine.length * 20}px` });
        grid.append(element("figure", {}, element("figcaption", { title: column.definition },
          element("b", {}, column.short), column.up ? " ↑" : " ↓", element("span", { class: "soft" }, ` ${column.metric}`)), place));
        waiting.set(place, () => draw(place, column, mine, published.filter((each) => each.column === column.key)));
      }
      node.append(element("h3", {}, text[0].toUpperCase() + text.slice(1)), grid);
    }
    whenSeen([...waiting.keys()], (place) => waiting.get(place)());
  };
})();

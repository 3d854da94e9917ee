/* Maps of embeddings: a dot a clip; what the picture says is in tables below it, too. */
"use strict";

(() => {
  const make = sightsound.element, number = sightsound.number;
  const at = (id) => document.getElementById(id);
  const boards = sightsound.data.maps;
  const COLOURS = d3.schemeObservable10 ?? d3.schemeTableau10;
  const SHAPES = ["circle", "triangle", "square", "diamond", "star", "cross", "wye"];
  const HIGH = 560;  // pixels of a map, at most
  let board = null, map = null, hidden = new Set();

  const link = (index) => `${media.base}examples.html#${encodeURIComponent(board.slug)}/${encodeURIComponent(board.ids[index])}`;
  const share = (value) => `${(100 * value).toFixed(0)}%`;

  const draw = () => {
    const names = map.systems.map((system) => system.name);
    const shown = map.systems.filter((system) => !hidden.has(system.name));
    const dots = shown.flatMap((system) => system.points.map(([x, y, index]) => ({ x, y, index, system: system.name })));
    const shapes = names.length <= SHAPES.length;
    const [wide, high] = ["x", "y"].map((axis) => { const [low, most] = d3.extent(dots, (dot) => dot[axis]); return Math.max(most - low, 1e-9); });
    const width = Math.min(at("map").parentElement.clientWidth, 1000, Math.max(HIGH * wide / high, 280) + 64);
    const chart = Plot.plot({
      width,
      style: { background: "transparent", color: "var(--ink)", fontSize: "13px" }, grid: true, aspectRatio: 1, inset: 12, marginBottom: 46,
      x: { label: `component 1 (${share(map.variance[0])} of variance) →` }, y: { label: `↑ component 2 (${share(map.variance[1])})` },
      color: { domain: names, range: names.map((_, place) => COLOURS[place % COLOURS.length]) },
      symbol: { domain: names, range: names.map((_, place) => SHAPES[place % SHAPES.length]) },
      marks: [
        Plot.dot(dots, { x: "x", y: "y", stroke: "system", symbol: shapes ? "system" : null, r: 4, strokeOpacity: 0.85 }),
        Plot.tip(dots, Plot.pointer({ x: "x", y: "y", title: (dot) => `${dot.system}\n${board.ids[dot.index]}`, fill: "var(--paper)" })),
      ],
    });
    for (const group of chart.querySelectorAll("g[aria-label]")) {  // the picture as a whole has a name, its groups can't
      group.dataset.mark = group.getAttribute("aria-label");
      group.removeAttribute("aria-label");
    }
    chart.addEventListener("click", () => { if (chart.value) location.href = link(chart.value.index); });
    at("map").replaceChildren(chart);
    at("map").setAttribute("aria-label", `Map of ${dots.length} clips of ${shown.map((system) => system.name).join(", ")}; the tables below say what it shows`);
  };

  const tables = () => {
    const head = (names) => make("thead", {}, make("tr", {}, ...names.map((name, place) => make("th", { scope: "col", class: place ? "value" : false }, name))));
    const systems = map.systems.map((system) => make("tr", {}, make("th", { scope: "row" }, system.name),
      make("td", { class: "value" }, String(system.points.length)), make("td", { class: "value" }, number(system.distance, 3)), make("td", { class: "value" }, number(system.spread, 3))));
    const far = map.far.map(([system, index, distance]) => make("tr", {}, make("th", { scope: "row" }, make("a", { href: link(index) }, board.ids[index])),
      make("td", { class: "value" }, system), make("td", { class: "value" }, number(distance, 3))));
    const table = (name, ...parts) => make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": name }, make("table", { class: "plain" }, ...parts));
    at("tables").replaceChildren(
      make("h2", {}, "In the whole space"),
      make("p", {}, `In all ${map.dim} dimensions: how far a system's mean is from the reference's, and how wide it spreads, both with the reference's own spread as 1.`),
      table("Systems", head(["system", "clips", "distance", "spread"]), make("tbody", {}, ...systems)),
      ...(far.length ? [make("h2", {}, "Farthest from the reference"), table("Farthest clips", head(["example", "system", "distance"]), make("tbody", {}, ...far))] : []));
  };

  const boxes = () => {
    at("systems").replaceChildren(at("systems").querySelector("legend"), ...map.systems.map((system, place) => {
      const box = make("input", { type: "checkbox", checked: !hidden.has(system.name) });
      box.onchange = () => { if (box.checked) hidden.delete(system.name); else hidden.add(system.name); draw(); };
      const shape = d3[`symbol${SHAPES[map.systems.length <= SHAPES.length ? place : 0].replace(/^./, (letter) => letter.toUpperCase())}`];
      const swatch = d3.create("svg").attr("class", "swatch").attr("viewBox", "-8 -8 16 16").attr("aria-hidden", "true");
      swatch.append("path").attr("d", d3.symbol(shape, 90)()).attr("fill", "none").attr("stroke-width", 2).attr("stroke", COLOURS[place % COLOURS.length]);
      return make("label", {}, box, swatch.node(), system.name);
    }));
  };

  const open = async (name) => {
    if (!name) {
      ["map", "tables"].forEach((id) => at(id).replaceChildren());
      ["systems", "axes"].forEach((id) => { at(id).hidden = true; });
      return;
    }
    map = await media.load(`data/maps/${board.slug}/${name}.js`, `maps/${board.slug}/${name}`);
    at("systems").hidden = at("axes").hidden = false;
    at("axes").textContent = `The two components have ${share(map.variance[0] + map.variance[1])} of all variance.`
      + (map.missing ? ` ${map.missing} clips are not on the map: their features are no longer stored.` : "");
    boxes();
    draw();
    tables();
  };

  const go = () => {
    const [slug, name] = location.hash.slice(1).split("/").map(decodeURIComponent);
    board = boards.find((each) => each.slug === slug) ?? boards[0];
    at("board").value = board.slug;
    at("network").replaceChildren(...board.maps.map((each) => make("option", { value: each.name }, `${each.network} (${each.output})`)));
    const chosen = board.maps.find((each) => each.name === name) ?? board.maps[0];
    if (chosen) at("network").value = chosen.name;
    at("said").hidden = !board.said;
    at("said").textContent = board.said;
    hidden = new Set();
    return open(chosen && chosen.name);
  };

  at("board").append(...boards.map((each) => make("option", { value: each.slug }, each.title)));
  at("board").onchange = () => { location.hash = encodeURIComponent(at("board").value); };
  at("network").onchange = () => { location.hash = `${encodeURIComponent(board.slug)}/${encodeURIComponent(at("network").value)}`; };
  addEventListener("hashchange", go);
  addEventListener("theme", () => map && draw());
  addEventListener("resize", () => map && draw());
  go();
})();

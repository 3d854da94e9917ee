/* A board: its table with search, filters and groups, the state of which is in the address, and its plots. */
"use strict";

(() => {
  const { element, state, data } = sightsound;
  const { columns, systems, qualities, profiles, published } = data.board;
  const root = "../";
  const at = (id) => document.getElementById(id);
  const field = (index) => `c${index}`;
  const indexOf = (key) => columns.findIndex((column) => column.key === key);
  const rows = systems.map((system) => ({
    ...system, ...Object.fromEntries(columns.map((column, index) => [field(index), system.cells[column.key] || null])),
  }));

  const paragraphs = (...texts) => texts.filter(Boolean).map((text) => element("p", {}, text));

  const aboutColumn = (column) => [
    element("h3", {}, column.short),
    element("p", {}, element("code", {}, column.metric), column.up ? " ↑ higher is better" : " ↓ lower is better"),
    ...paragraphs(column.definition, column.blind && `It can't tell: ${column.blind}`,
      column.other && `Another signature than the first column of this name: ${column.other}`),
    element("p", {}, element("code", {}, column.signature)),
    element("p", {}, element("a", { href: root + column.page }, "The metric's page")),
  ];

  const aboutCell = (column, row) => {
    const cell = row.cells[column.key];
    if (!cell) return paragraphs(`${row.name} has no row under ${column.short}.`);
    return [
      element("h3", {}, `${row.name}: ${column.short} ${cell.text} ${cell.ci || ""}`),
      ...paragraphs(...cell.say, cell.letters && `Not told apart from those that share a letter with it: ${cell.letters}.`),
      element("p", {}, element("a", { href: root + row.page }, "The system's page"), " · ",
        element("a", { href: root + column.page }, "The metric's page")),
    ];
  };

  const showCell = (cell) => cell && element("span", { class: `cell${cell.grey ? " grey" : ""}` },
    element("span", { class: "first" }, element(cell.best ? "b" : "span", {}, cell.text),
      cell.marks && ` ${cell.marks}`, cell.letters && element("span", { class: "letters", title: "tie groups" }, ` ${cell.letters}`)),
    element("span", { class: "ci" }, cell.ci || " "));

  const showName = (row) => element("span", { class: "cell" },
    element("span", { class: "first" }, element("a", { href: root + row.page }, row.name), row.failed ? " †" : "", row.by ? " ‡" : ""),
    element("span", { class: "ci" }, `n ${row.n}, ${row.groups} groups${row.failed ? `, ${row.failed} failed` : ""}`),
    row.by && element("span", { class: "ci" }, row.by));

  const number = (column) => /~(\d+)$/.test(column.key) ? ` (${column.key.split("~").pop()})` : "";
  const defined = [
    { key: "name", title: "System", value: (row) => `${row.reference ? 1 : 0} ${row.name}`, show: showName, text: true, frozen: true, minWidth: 120,
      width: Math.min(230, innerWidth * 0.42), below: () => element("span", { class: "cell" },
        element("span", { class: "first" }, "floor"), element("span", { class: "first" }, "difference seen")) },
    ...columns.map((column, index) => ({
      key: field(index), title: `${column.short}${number(column)} ${column.up ? "↑" : "↓"}`, group: qualities[column.quality],
      value: (row) => row[field(index)]?.v, show: (row) => showCell(row[field(index)]), up: column.up,
      hint: `${column.metric}: ${column.definition}`, about: () => aboutColumn(column), open: (row) => aboutCell(column, row),
      below: () => element("span", { class: "cell" }, element("span", { class: "first" }, column.floorText || "–"),
        element("span", { class: "first" }, column.seenText || "–")),
    })),
  ];

  const on = new Set(Object.keys(qualities));
  let ready = false;

  const read = () => ({
    q: at("search").value.trim(), m: at("metric").value.trim(),
    refs: at("references").checked ? "" : "0", ci: at("intervals").checked ? "" : "0",
    nets: at("profile").value,
    show: on.size === Object.keys(qualities).length ? "" : [...on].join(",") || "none",
    where: at("where-column").value && at("where-value").value !== ""
      ? [at("where-column").value, at("where-side").value, at("where-value").value].join(" ") : "",
  });

  const keep = () => {
    const sorted = table.getSorters()[0];
    const key = sorted && (sorted.field === "name" ? "name" : columns[Number(sorted.field.slice(1))].key);
    state.write({ ...read(), sort: sorted && (key !== "name" || sorted.dir !== "asc") ? `${key}:${sorted.dir}` : "" });
  };

  const apply = () => {
    const { q, m, refs, where, nets } = read();
    const [key, side, bound] = where.split(" ");
    const has = (text, wanted) => text.toLowerCase().includes(wanted.toLowerCase());
    table.setFilter((row) => {
      if (!has(row.name, q) || (refs === "0" && row.reference)) return false;
      const value = key ? row.cells[key]?.v : null;
      return !key || (typeof value === "number" && (side === "le" ? value <= Number(bound) : value >= Number(bound)));
    });
    table.blockRedraw();
    columns.forEach((column, index) => {
      const wanted = on.has(column.quality) && (!nets || !column.networks || column.networks === nets) && (!m || has(`${column.short} ${column.metric}`, m));
      const shown = table.getColumn(field(index));
      if (shown.isVisible() !== wanted) wanted ? shown.show() : shown.hide();
    });
    table.restoreRedraw();
    at("table").classList.toggle("bare", !at("intervals").checked);
    table.redraw();
    const count = table.getDataCount("active");
    at("count").textContent = `${count} of ${rows.length} systems, ${columns.filter((column, index) =>
      table.getColumn(field(index)).isVisible()).length} of ${columns.length} columns`;
    sightsound.forests(at("forest"), columns.filter((column, index) => table.getColumn(field(index)).isVisible()),
      table.getData("active"), published, qualities);
  };

  /* What the address says, into the controls. Names that the board does not have are passed over. */
  const restore = () => {
    const said = state.read();
    at("search").value = said.q || "";
    at("metric").value = said.m || "";
    at("references").checked = said.refs !== "0";
    at("intervals").checked = said.ci !== "0";
    at("profile").value = said.nets in profiles ? said.nets : "";
    const wanted = said.show === undefined ? Object.keys(qualities) : said.show.split(",");
    Object.keys(qualities).forEach((name) => wanted.includes(name) ? on.add(name) : on.delete(name));
    toggles.forEach(([name, button]) => button.setAttribute("aria-pressed", on.has(name)));
    const [key, side, bound] = (said.where || "").split(" ");
    at("where-column").value = indexOf(key) >= 0 ? key : "";
    at("where-side").value = side === "ge" ? "ge" : "le";
    at("where-value").value = indexOf(key) >= 0 ? bound ?? "" : "";
    if (said.m || said.where) at("more").open = true;
    const [by, direction] = (said.sort || "name:asc").split(/:(?=[^:]*$)/);
    const index = indexOf(by);
    table.setSort(index >= 0 ? field(index) : "name", direction === "desc" ? "desc" : "asc");
    apply();
  };

  const toggles = Object.entries(qualities).map(([name, text]) => {
    const button = element("button", { type: "button", "aria-pressed": "true" }, text);
    button.addEventListener("click", () => {
      on.has(name) ? on.delete(name) : on.add(name);
      button.setAttribute("aria-pressed", on.has(name));
      changed();
    });
    at("qualities").append(button);
    return [name, button];
  });
  columns.forEach((column) => at("where-column").append(
    element("option", { value: column.key }, `${column.short}${number(column)}`)));

  Object.entries(profiles).forEach(([name, text]) => at("profile").append(
    element("option", { value: name, title: text }, name)));
  at("profiles").hidden = !Object.keys(profiles).length;

  const changed = () => { if (ready) { apply(); keep(); } };
  ["search", "metric", "where-value"].forEach((id) => at(id).addEventListener("input", changed));
  ["references", "intervals", "profile", "where-column", "where-side"].forEach((id) => at(id).addEventListener("change", changed));
  at("reset").form.addEventListener("submit", (event) => event.preventDefault());
  at("reset").addEventListener("click", (event) => { event.preventDefault(); state.write({}); restore(); });

  const table = sightsound.table(at("table"), { label: "Systems and their values", columns: defined, rows });
  table.on("tableBuilt", () => {
    restore();
    ready = true;
    table.on("dataSorted", () => keep());
  });
  addEventListener("hashchange", () => { if (location.hash.includes("=") || !location.hash) restore(); });
  sightsound.board = table;
})();

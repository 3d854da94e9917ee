/* Values by example: a virtual table of all examples, one metric at a time; its state is in the address. */
"use strict";

(() => {
  const { element, state, data, number } = sightsound;
  const { examples, groups, systems, metrics, page } = data.listed;
  const root = "../";
  const at = (id) => document.getElementById(id);
  let table = null;
  let current = metrics[0];

  /* A metric's values are a script that is asked for when it is chosen. */
  const load = (metric) => new Promise((done, failed) => {
    if (data[metric.name]) { done(data[metric.name]); return; }
    const script = element("script", { src: root + metric.path });
    script.addEventListener("load", () => done(data[metric.name]));
    script.addEventListener("error", () => failed(new Error(`${metric.path} is missing; make the site again`)));
    document.head.append(script);
  });

  const rows = (values) => examples.map((name, index) => {
    const own = systems.map((_, system) => values[system][index]);
    const known = own.filter((value) => value !== null);
    const range = known.length > 1 ? Math.max(...known) - Math.min(...known) : null;
    return { name, group: groups[index], range, ...Object.fromEntries(own.map((value, system) => [`s${system}`, value])) };
  });

  const plain = (text) => element("span", {}, text);
  const figure = (key) => (row) => row[key] === null ? null : plain(number(row[key]));
  const columns = () => [
    { key: "name", title: "Example", text: true, frozen: true, width: Math.min(240, innerWidth * 0.42), value: (row) => row.name,
      show: (row) => page ? element("a", { href: root + page + encodeURIComponent(row.name) }, row.name) : plain(row.name) },
    { key: "range", title: "Range", up: true, width: 100, value: (row) => row.range, show: figure("range") },
    ...systems.map((system, index) => ({ key: `s${index}`, title: system.name, hint: system.name, up: !current.up, width: 150,
      value: (row) => row[`s${index}`], show: figure(`s${index}`) })),
    { key: "group", title: "Group", text: true, width: 160, value: (row) => row.group, show: (row) => plain(row.group) },
  ];

  const keep = () => {
    const sorted = table.getSorters()[0];
    const key = sorted && (/^s\d+$/.test(sorted.field) ? systems[Number(sorted.field.slice(1))].name : sorted.field);
    state.write({ metric: current === metrics[0] ? "" : current.key, q: at("search").value.trim(),
      sort: sorted && (key !== "name" || sorted.dir !== "asc") ? `${key}:${sorted.dir}` : "" });
  };

  const filter = () => {
    const wanted = at("search").value.trim().toLowerCase();
    if (wanted) table.setFilter((row) => `${row.name} ${row.group}`.toLowerCase().includes(wanted));
    else table.clearFilter();
    at("count").textContent = `${table.getDataCount("active")} of ${examples.length} examples`;
  };

  const show = async (sort) => {
    let values;
    try { values = await load(current); } catch (error) { at("count").textContent = error.message; return; }
    table?.destroy();
    table = sightsound.table(at("table"), { label: `Values of ${current.short} by example`, columns: columns(),
      rows: rows(values), sort, height: "min(75vh, 60rem)" });
    sightsound.values = table;
    await new Promise((built) => table.on("tableBuilt", built));
    filter();
    table.on("dataSorted", keep);
  };

  const restore = () => {
    const said = state.read();
    current = metrics.find((metric) => metric.key === said.metric) || metrics[0];
    at("metric").value = current.key;
    at("search").value = said.q || "";
    const [name, direction] = (said.sort || "name:asc").split(/:(?=[^:]*$)/);
    const system = systems.findIndex((each) => each.name === name);
    const key = system >= 0 ? `s${system}` : ["name", "range", "group"].includes(name) ? name : "name";
    return show({ key, direction: direction === "desc" ? "desc" : "asc" });
  };

  metrics.forEach((metric) => at("metric").append(element("option", { value: metric.key }, `${metric.short} ${metric.up ? "↑" : "↓"}`)));
  at("metric").addEventListener("change", async () => {
    current = metrics.find((metric) => metric.key === at("metric").value);
    const sorted = table.getSorters()[0];
    await show({ key: sorted?.field || "name", direction: sorted?.dir || "asc" });
    keep();
  });
  at("search").addEventListener("input", () => { filter(); keep(); });
  at("reset").form.addEventListener("submit", (event) => event.preventDefault());
  at("reset").addEventListener("click", (event) => { event.preventDefault(); state.write({}); restore(); });
  addEventListener("hashchange", restore);
  restore();
})();

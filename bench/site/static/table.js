/* One way to make tables: Tabulator with headings that the keyboard reaches, cells that are text, arrows to move. */
"use strict";

(() => {
  const { element } = sightsound;

  /* Tabulator takes titles as markup, so they are escaped; what people see is made by `element`. */
  const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

  /* No value is last, whichever way a column is sorted. */
  const sorter = (value) => (a, b, rowA, rowB, column, direction) => {
    const [x, y] = [value(rowA.getData()), value(rowB.getData())];
    const [noX, noY] = [x === null || x === undefined || x === "", y === null || y === undefined || y === ""];
    if (noX || noY) return noX && noY ? 0 : (noX ? 1 : -1) * (direction === "asc" ? 1 : -1);
    return typeof x === "number" ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
  };

  /* A name may break behind a colon or an underscore. */
  const broken = (text) => text.split(/(?<=[:_])/).flatMap((piece, index) => index ? [element("wbr"), piece] : [piece]);

  /* A heading: a button that sorts, and, where there is something to say, one that says it. */
  const heading = (column) => {
    const sort = element("button", { type: "button", class: "sort", title: column.hint || column.title }, ...broken(column.title));
    if (!column.about) return sort;
    const about = element("button", { type: "button", class: "about", "aria-label": `What ${column.title} is` }, "?");
    about.addEventListener("click", (event) => { event.stopPropagation(); sightsound.about(column.about()); });
    return element("span", { class: "head" }, sort, about);
  };

  const one = (column) => ({
    title: escaped(column.title),
    titleFormatter: () => heading(column),
    field: column.key,
    formatter: (cell) => column.show(cell.getData()) || element("span", { class: "soft" }, "–"),
    sorter: sorter(column.value),
    headerSortStartingDir: column.up ? "desc" : "asc",
    headerSortTristate: false,
    hozAlign: column.text ? "left" : "right",
    frozen: Boolean(column.frozen),
    width: column.width,
    minWidth: column.minWidth || 60,
    visible: column.visible !== false,
    bottomCalc: column.below ? () => 1 : undefined,
    bottomCalcFormatter: column.below ? () => column.below() : undefined,
    cssClass: column.text ? "words" : "figures",
    cellClick: column.open ? (event, cell) => {
      if (!event.target.closest("a, button")) sightsound.about(column.open(cell.getData()));
    } : undefined,
  });

  /* columns: [{key, title, value(row), show(row) -> Node, text, up, group, hint, about(), open(row), below()}] */
  sightsound.table = (node, { label, columns, rows, sort, height, index = "name" }) => {
    const groups = new Map();
    for (const column of columns) {
      const name = column.group || "";
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(one(column));
    }
    const defined = [...groups].flatMap(([name, own]) => name ? [{ title: escaped(name), columns: own }] : own);
    const opens = new Map(columns.filter((column) => column.open).map((column) => [column.key, column.open]));
    const table = new Tabulator(node, {
      data: rows,
      columns: defined,
      index,
      height: height || false,
      renderVertical: height ? "virtual" : "basic",
      rowHeight: height ? 34 : undefined,  // px; a height that is known need not be measured at every sort
      renderVerticalBuffer: 150,
      layout: "fitDataFill",
      nestedFieldSeparator: false,
      initialSort: sort ? [{ column: sort.key, dir: sort.direction }] : [],
      columnHeaderSortMulti: false,
      placeholder: "Nothing here fits what you search for.",
      printAsHtml: true,
      printStyled: true,
      printRowRange: "active",
      printConfig: { columnCalcs: false },
    });
    table.on("tableBuilt", () => {
      performance.mark("table");
      node.setAttribute("aria-label", `${label}; arrow keys move from cell to cell`);
      node.setAttribute("aria-rowcount", rows.length + 1);
      const [heads, body] = [".tabulator-header-contents", ".tabulator-tableholder"].map((name) => node.querySelector(name));
      heads.addEventListener("scroll", () => { body.scrollLeft = heads.scrollLeft; });  // the keyboard goes to a far heading
      body.setAttribute("role", "rowgroup");  // it takes the focus
      node.querySelector(".tabulator-table").setAttribute("role", "presentation");
      for (const group of node.querySelectorAll('[role="columngroup"]')) {  // no role that ARIA knows
        group.setAttribute("role", "presentation");
        ["aria-sort", "aria-title"].forEach((name) => group.removeAttribute(name));
      }
    });
    keys(node, (row, key) => opens.has(key) && sightsound.about(opens.get(key)(row.getData())), table);
    return table;
  };

  /* Arrows go from cell to cell, Enter opens what a cell has to say. */
  const keys = (node, open, table) => node.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const cell = event.target.closest(".tabulator-tableholder .tabulator-cell");
    if (event.key === "Enter" && cell && !event.target.closest("a, button")) {
      const row = table.getRows("visible").find((each) => each.getElement() === cell.parentElement);
      if (row) open(row, cell.getAttribute("tabulator-field"));
    }
    if (!(event.key in steps) || !event.target.closest(".tabulator-tableholder")) return;
    const [down, right] = steps[event.key];
    const next = cell ? neighbour(cell, down, right) : node.querySelector(".tabulator-tableholder .tabulator-cell");
    if (!next) return;
    event.preventDefault();
    cell?.removeAttribute("tabindex");
    next.setAttribute("tabindex", "-1");
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  const neighbour = (cell, down, right) => {
    const shown = (row) => [...row.querySelectorAll(".tabulator-cell")].filter((each) => each.offsetParent);
    const row = cell.parentElement;
    if (right) { const own = shown(row); return own[own.indexOf(cell) + right]; }
    const other = down > 0 ? row.nextElementSibling : row.previousElementSibling;
    return other?.classList.contains("tabulator-row") ? shown(other)[shown(row).indexOf(cell)] : null;
  };

  /* The page's one popover, filled with these nodes. */
  sightsound.about = (nodes) => {
    const about = document.getElementById("about");
    const close = element("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
    close.addEventListener("click", () => about.hidePopover());
    about.replaceChildren(close, ...nodes);
    about.showPopover();
    close.focus();
  };
})();

/* The page of all examples: a board, an order, a virtual list, and the example that the address names (#board/example). */
"use strict";

(() => {
  const make = sightsound.element, ROW = 44;
  const at = (id) => document.getElementById(id);
  const boards = sightsound.data.examples;
  const [choose, order, search, list, rows, count, shown, said] = ["board", "order", "search", "list", "rows", "count", "example", "said"].map(at);
  let board = null, orders = [], visible = [], current = -1;

  const route = () => {
    const [slug, id] = location.hash.slice(1).split("/").map(decodeURIComponent);
    return { slug: boards.some((each) => each.slug === slug) ? slug : boards[0].slug, id: id ?? "" };
  };
  const link = (index) => `#${encodeURIComponent(board.slug)}/${encodeURIComponent(board.ids[index])}`;
  const open = (slug) => media.load(`data/examples/${slug}.js`, `examples/${slug}`);

  /* Every way to order: a name, and what gives [example, what is said of it] pairs. */
  const ways = () => {
    const listed = (found) => () => found.map(([index, system, value]) => [index, `${sightsound.number(value, 2)} · ${board.systems[system].name}`]);
    const made = [["in the split's order", () => board.ids.map((_, index) => [index, ""])]];
    if (board.best.length) made.push(["best", listed(board.best)], ["worst", listed(board.worst)]);
    if (board.disputed.length) made.push(["most disputed", listed(board.disputed)]);
    if (Object.keys(board.failed).length) made.push(["failed", () => Object.entries(board.failed).map(([index, failed]) => [Number(index), `${failed} failed`])]);
    return made;
  };

  /* The rows of the list that are in sight, and a few more. */
  const paint = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5), last = Math.min(visible.length, first + Math.ceil(list.clientHeight / ROW) + 10);
    rows.style.height = `${visible.length * ROW}px`;
    rows.replaceChildren(...visible.slice(first, last).map(([index, note], number) => {
      const place = first + number;
      const row = make("li", { "aria-setsize": visible.length, "aria-posinset": place + 1 },
        make("a", { href: link(index), "aria-current": index === current ? "true" : null, title: board.ids[index] }, make("span", {}, board.ids[index]), note ? make("span", { class: "soft" }, note) : null));
      row.style.top = `${place * ROW}px`;
      return row;
    }));
  };

  const refresh = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = orders[order.selectedIndex][1]();
    visible = found.filter(([index]) => board.ids[index].toLowerCase().includes(wanted));
    count.textContent = `${visible.length} of ${board.ids.length} examples`;
    list.scrollTop = 0;
    paint();
  };

  const draw = async (index) => {
    const number = Math.floor(index / board.chunk), slug = board.slug;
    try {
      const chunk = await media.load(`data/examples/${slug}/${number}.js`, `examples/${slug}/${number}`);
      if (current !== index || board.slug !== slug) return;
      const place = visible.findIndex(([each]) => each === index);
      const step = (by, words) => visible[place + by] && place >= 0 ? make("a", { class: "step", href: link(visible[place + by][0]) }, words) : null;
      shown.replaceChildren(make("nav", { class: "steps", "aria-label": "Examples" }, step(-1, "← previous"), step(1, "next →")), example.draw(board, chunk[index % board.chunk]));
      performance.mark("example");
      document.title = `${board.ids[index]} · SightSound`;
    } catch (error) {
      shown.replaceChildren(media.gone(`${error.message}; make the site again`));
    }
  };

  const go = async () => {
    const { slug, id } = route();
    player.stop();
    if (!board || board.slug !== slug) {
      board = await open(slug);
      choose.value = slug;
      said.textContent = board.said;
      at("values").replaceChildren(...(board.values ? [make("a", { href: board.values }, "Sort by any metric"), ": the table of all values leads back here."] : []));
      at("problems").replaceChildren(...board.problems.map((each) => make("p", { class: "note warn" }, each)));
      orders = ways();
      order.replaceChildren(...orders.map(([name]) => make("option", {}, name)));
      search.value = "";
      current = -1;
      refresh();
    }
    const index = id ? board.ids.indexOf(id) : visible.length ? visible[0][0] : -1;
    current = index;
    if (index >= 0) await draw(index);
    else shown.replaceChildren(make("p", { class: "note warn" }, id ? `There is no example ${id} on this board.` : "There are no examples here."));
    paint();
  };

  choose.append(...boards.map((each) => make("option", { value: each.slug }, each.title)));
  choose.onchange = () => { location.hash = encodeURIComponent(choose.value); };
  order.onchange = refresh;
  search.oninput = refresh;
  list.onscroll = paint;
  addEventListener("resize", paint);
  addEventListener("hashchange", go);
  go();
})();

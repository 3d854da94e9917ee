/* An example in a page: what was asked, what every system gave, its values. bench/site/example_data.py makes `board` and
   `chunk` and says what is in them. */
"use strict";

const example = (() => {
  const make = sightsound.element;
  const NAMES = { image: "picture", video: "video", audio: "music", caption: "caption", story: "story", lyrics: "lyrics",
    emotion: "emotion", instruction: "instruction" };

  const arrow = (metric) => metric.up ? "↑" : "↓";

  /* The texts on the way, a term and a description each. */
  const notes = (texts) => {
    const list = make("dl", { class: "facts texts" });
    for (const [name, words] of Object.entries(texts)) list.append(make("dt", {}, NAMES[name] ?? name), make("dd", {}, media.text(words)));
    return list.children.length ? list : null;
  };

  const condition = (board, one, called = one.id) => {
    const parts = Object.entries(one.files).map(([name, ref]) =>
      make("figure", {}, media.shown(ref, `${NAMES[name] ?? name} of ${called}`), make("figcaption", {}, NAMES[name] ?? name)));
    const texts = notes(one.texts);
    if (!parts.length && !texts) return make("p", { class: "soft" }, "Its conditions are not here.");
    return make("div", { class: "condition" }, ...parts, texts);
  };

  const answer = (board, one, at, level) => {
    const found = one.outputs[at], system = board.systems[at], box = make("article", { class: "answer" }, make(level, { class: "system" }, system.name));
    if (found.why) box.append(make("p", { class: found.failed ? "gone failed" : "gone" },
      make("strong", {}, found.failed ? "Failed: " : "Nothing here: "), found.why));
    else if (found.ref) box.append(media.shown(found.ref, `${system.name} for ${one.id}`));
    else box.append(make("blockquote", {}, media.text(found.text)));
    const texts = notes(Object.fromEntries(Object.entries(found.notes ?? {}).map(([name, place]) => [name, one.words[place]])));
    if (texts) box.append(texts);
    if (found.took) box.append(make("p", { class: "soft" }, `made in ${found.took.toFixed(1)} s`));
    return box;
  };

  /* Values of every metric that gives single examples one; the best system under test is bold. */
  const values = (board, one) => {
    const shown = board.metrics.map((metric, at) => [metric, at]).filter(([, at]) => one.values[at].some((value) => value !== null));
    if (!shown.length) return make("p", { class: "soft" }, "No metric gives this example a value of its own: distances between sets have none.");
    const head = make("tr", {}, make("th", { scope: "col" }, "system"), ...shown.map(([metric]) =>
      make("th", { scope: "col", class: "value", title: metric.title }, `${metric.short} ${arrow(metric)}`)));
    const rows = board.systems.map((system, place) => {
      const cells = shown.map(([metric, at]) => {
        const mine = one.values[at][place];
        const tested = one.values[at].filter((value, other) => value !== null && !board.systems[other].reference);
        const best = tested.length > 1 && !system.reference && Math.max(...tested) !== Math.min(...tested)
          && mine === (metric.up ? Math.max(...tested) : Math.min(...tested));
        return make("td", { class: "value" }, best ? make("strong", {}, sightsound.number(mine)) : sightsound.number(mine));
      });
      return make("tr", { class: system.reference ? "soft" : false }, make("th", { scope: "row" }, system.name), ...cells);
    });
    return make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Values by example" },
      make("table", { class: "plain" }, make("thead", {}, head), make("tbody", {}, ...rows)));
  };

  const reference = (board, one) => {
    if (one.reference) return media.shown(one.reference, `reference of ${one.id}`);
    return one.reference_text ? make("blockquote", {}, media.text(one.reference_text)) : make("p", { class: "soft" }, "It has no reference here.");
  };

  /* The whole of one example under a heading of `level`, 2 or more. */
  const draw = (board, one, level = 2) => {
    const places = board.systems.map((_, at) => at);
    const tested = places.filter((at) => !board.systems[at].reference && one.outputs[at]);
    const others = places.filter((at) => board.systems[at].reference && one.outputs[at]);
    const below = `h${level + 1}`, name = `h${level + 2}`;
    const folded = make("details", { class: "references" }, make("summary", {}, `Reference rows (${others.length}): the reference itself, mispaired, silence, noise`));
    folded.addEventListener("toggle", () => { if (folded.open && folded.children.length === 1) folded.append(make("div", { class: "answers" }, ...others.map((at) => answer(board, one, at, name)))); });
    return make("section", { class: "example" }, make(`h${level}`, {}, one.id),
      one.group && one.group !== one.id ? make("p", { class: "soft" }, `Shares a source with the other examples of ${one.group}.`) : null,
      make("div", { class: "asked" },
        make("section", {}, make(below, {}, "What was given"), condition(board, one)),
        make("section", {}, make(below, {}, "Reference"), reference(board, one))),
      make(below, {}, "What the systems made"), make("div", { class: "answers" }, ...tested.map((at) => answer(board, one, at, name))),
      others.length ? folded : null,
      make(below, {}, "Values of this example"), values(board, one));
  };

  return { draw, condition, arrow };
})();

/* Blind A/B listening: trials drawn by a seed, names hidden until the results are shown, answers kept in the browser. */
"use strict";

(() => {
  const make = sightsound.element;
  const at = (id) => document.getElementById(id);
  const boards = sightsound.data.examples;
  const KEY = "sightsound-answers";
  const ANSWERS = [["first", "The first is better"], ["neither", "No difference"], ["second", "The second is better"]];
  let board = null, answers = [], plan = null;

  try { answers = JSON.parse(localStorage.getItem(KEY)) ?? []; } catch { answers = []; }
  if (!Array.isArray(answers)) answers = [];
  const keep = () => { try { localStorage.setItem(KEY, JSON.stringify(answers)); } catch { tell("This browser keeps nothing: download the answers before you leave."); } };
  const tell = (words) => { at("note").hidden = !words; at("note").textContent = words; };

  /* Numbers from 0 to 1 that depend on a text alone: FNV-1a for the text, mulberry32 (T. Ettinger) for the numbers. */
  const chance = (text) => {
    let state = 2166136261;
    for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 16777619);
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  };
  const shuffled = (items, random) => {
    const found = [...items];
    for (let last = found.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [found[last], found[other]] = [found[other], found[last]];
    }
    return found;
  };

  const same = (answer) => answer.board === plan.slug && answer.rater === plan.rater
    && [answer.first, answer.second].sort().join("\n") === plan.pair.join("\n");

  /* The order of the examples and who comes first in each: of the seed, the rater, the board and the pair alone. */
  const begin = () => {
    const pair = [at("one").value, at("other").value].sort();
    if (pair[0] === pair[1]) return tell("Choose two systems.");
    const rater = at("rater").value.trim();
    plan = { slug: board.slug, rater, seed: at("seed").value, pair, equal: at("equal").checked };
    const random = chance([plan.seed, rater, plan.slug, ...pair].join("\n"));
    const order = shuffled(board.ids.map((_, index) => index), random).map((index) => [index, random() < 0.5]);
    const done = new Set(answers.filter(same).map((answer) => answer.example));
    plan.left = order.filter(([index]) => !done.has(board.ids[index]));
    plan.wanted = Math.max(1, Number(at("trials").value) || 1);
    plan.given = 0;
    at("results").hidden = true;
    tell(done.size ? `${done.size} examples that ${rater} answered before are passed over.` : "");
    return next();
  };

  const output = (one, name) => one.outputs[board.systems.findIndex((system) => system.name === name)];

  const next = async () => {
    player.stop();
    at("trial").replaceChildren();  // a second click is no second answer
    while (plan.left.length && plan.given < plan.wanted) {
      const [index, swap] = plan.left.shift();
      const number = Math.floor(index / board.chunk);
      const chunk = await media.load(`data/examples/${board.slug}/${number}.js`, `examples/${board.slug}/${number}`);
      const one = chunk[index % board.chunk], names = swap ? [...plan.pair].reverse() : plan.pair;
      const pair = names.map((name) => output(one, name));
      if (pair.every((each) => each.ref || each.text)) return trial(one, names, pair);
    }
    return results();
  };

  const trial = async (one, names, pair) => {
    const sound = pair.every((each) => each.ref && media.kind(each.ref) === "audio");
    const volumes = sound && plan.equal ? player.equal(await Promise.all(pair.map((each) => media.known(each.ref)))) : [1, 1];
    const left = new Set(sound ? [0, 1] : []);
    const buttons = ANSWERS.map(([value, words]) => make("button", { type: "button", class: "choice", "data-answer": value }, words));
    const hint = make("p", { class: "soft" }, sound ? "Play both to answer." : "");
    const free = () => { buttons.forEach((button) => { button.disabled = left.size > 0; }); if (!left.size) hint.textContent = ""; };
    const boxes = pair.map((each, number) => {
      const name = number ? "Second" : "First";
      const box = each.ref ? media.shown(each.ref, name, { blind: true, volume: volumes[number] }) : make("blockquote", {}, media.text(each.text));
      box.addEventListener("heard", () => { left.delete(number); free(); });
      return make("article", { class: "answer" }, make("h3", {}, name), box);
    });
    buttons.forEach((button) => { button.onclick = () => answered(one, names, button.dataset.answer); });
    free();
    const stop = make("button", { type: "button" }, "Stop and show the results");
    stop.onclick = () => { player.stop(); results(); };
    at("trial").replaceChildren(make("h2", { tabindex: -1 }, `Trial ${plan.given + 1} of ${Math.min(plan.wanted, plan.given + 1 + plan.left.length)}`),
      make("p", {}, at("question").value), example.condition(board, one, "what was given"),
      make("div", { class: "answers" }, ...boxes), hint, make("div", { class: "tools" }, ...buttons, stop));
    at("trial").querySelector("h2").focus();
  };

  const answered = (one, [first, second], answer) => {
    answers.push({ board: plan.slug, rater: plan.rater, example: one.id, first, second, answer, seed: plan.seed });
    plan.given += 1;
    keep();
    next();
  };

  /* The chance that a fair coin falls at least as unevenly: the exact sign test, two-sided. */
  const sign = (wins, losses) => {
    const n = wins + losses;
    let term = 0.5 ** n, tail = 0;
    for (let k = 0; k <= Math.min(wins, losses); k++) { tail += term; term *= (n - k) / (k + 1); }
    return Math.min(1, 2 * tail);
  };

  const results = () => {
    at("trial").replaceChildren();
    at("results").hidden = false;
    const pairs = new Map();
    for (const each of answers) {
      const [a, b] = [each.first, each.second].sort(), key = [each.board, a, b].join("\n");
      const mine = pairs.get(key) ?? { board: each.board, a, b, wins: 0, losses: 0, neither: 0 };
      const winner = each.answer === "neither" ? null : each[each.answer];
      mine[winner === null ? "neither" : winner === a ? "wins" : "losses"] += 1;
      pairs.set(key, mine);
    }
    if (!pairs.size) return at("summary").replaceChildren(make("p", {}, plan && !plan.given ? "There was nothing to answer: no further example has both systems' outputs." : "No answers yet."));
    const cell = (value) => make("td", { class: "value" }, String(value));
    const rows = [...pairs.values()].map((each) => make("tr", {}, make("th", { scope: "row" }, `${each.a} against ${each.b}`), make("td", {}, each.board),
      cell(each.wins), cell(each.losses), cell(each.neither), cell(each.wins + each.losses < 1000 ? sightsound.number(sign(each.wins, each.losses), 2) : "–")));
    const head = ["pair", "board", "first named", "second named", "no difference", "p (sign test)"].map((name, number) => make("th", { scope: "col", class: number > 1 ? "value" : false }, name));
    return at("summary").replaceChildren(make("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Answers by pair" },
      make("table", { class: "plain" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows))),
    make("p", { class: "soft" }, "The sign test takes answers as independent; answers of one person, or on examples of one source, are less than that."));
  };

  /* A line for each of the two systems: 1 for the preferred one, 0 for the other, 0.5 where there was no difference. */
  const csv = () => {
    const cell = (text) => { const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text; return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; };
    const lines = answers.filter((each) => each.board === board.slug).flatMap((each) => ["first", "second"].map((side) => [each.rater, each.example, each[side], "preferred_share",
      each.answer === "neither" ? "0.5" : each.answer === side ? "1" : "0"]));
    return [["rater", "example", "system", "question", "answer"], ...lines].map((line) => line.map(cell).join(",")).join("\n") + "\n";
  };

  const open = async () => {
    board = await media.load(`data/examples/${at("board").value}.js`, `examples/${at("board").value}`);
    [at("one"), at("other")].forEach((list, number) => {
      list.replaceChildren(...board.systems.map((system) => make("option", {}, system.name)));
      list.selectedIndex = Math.min(number, board.systems.length - 1);
    });
  };

  at("board").append(...boards.map((each) => make("option", { value: each.slug }, each.title)));
  at("board").onchange = open;
  at("settings").onsubmit = (event) => { event.preventDefault(); begin(); };
  at("save").onclick = () => {
    const link = make("a", { href: URL.createObjectURL(new Blob([csv()], { type: "text/csv" })), download: `answers-${board.slug}.csv` });
    link.click();
    URL.revokeObjectURL(link.href);
  };
  at("forget").onclick = () => { if (confirm("Forget all answers that this browser keeps?")) { answers = []; keep(); results(); } };
  open();
  if (answers.length) { results(); tell(`${answers.length} answers of before are kept in this browser.`); }
})();

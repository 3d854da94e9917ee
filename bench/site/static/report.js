/* The examples of a page alone; its data stand in the page. */
"use strict";

(() => {
  const { board, examples } = sightsound.data.report;
  const place = document.getElementById("examples");
  if (!examples.length) place.append(sightsound.element("p", { class: "soft" }, "None were asked for."));
  for (const { why, one } of examples) {
    const drawn = example.draw(board, one, 3);
    drawn.querySelector("h3").after(sightsound.element("p", { class: "why" }, why));
    place.append(drawn);
  }
})();

/* What every page has: data that scripts gave, the theme, and small helpers that put text into the page as text. */
"use strict";

const sightsound = (() => {
  const data = {};

  /* A data file calls this; pages read sightsound.data[name]. */
  const give = (name, value) => { data[name] = value; };

  /* An element with attributes and children; a string child is text and never markup. */
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) continue;
      made.setAttribute(key, value === true ? "" : String(value));
    }
    made.append(...children.filter((each) => each !== null && each !== undefined).map((each) =>
      each instanceof Node ? each : String(each)));
    return made;
  };

  /* The state in the address's hash, `#sort=fad:asc&q=mozart`: what a link to the page brings back. */
  const state = {
    read: () => Object.fromEntries(new URLSearchParams(location.hash.slice(1))),
    write: (values) => {
      const kept = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
      const hash = new URLSearchParams(kept).toString();
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    },
  };

  /* A value with so many significant digits, as the tables of the command line have it. */
  const number = (value, digits = 4) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    if (Math.abs(value) < 1e-9) return "0";
    const shown = value.toPrecision(digits);
    return shown.includes("e") ? Number(value.toPrecision(digits)).toString() : shown;
  };

  /* Run `draw(node)` once, when the node comes near the screen or the page is printed. */
  const whenSeen = (nodes, draw) => {
    const left = new Set(nodes);
    const one = (node) => { if (left.delete(node)) { watch.unobserve(node); draw(node); } };
    const watch = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting)
      .forEach((each) => one(each.target)), { rootMargin: "300px" });
    nodes.forEach((node) => watch.observe(node));
    addEventListener("beforeprint", () => nodes.forEach(one));
  };

  /* The theme: the system's, or what the button said; a browser that keeps nothing from file:// forgets it. */
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (["dark", "light"].includes(kept())) root.dataset.theme = kept();
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const name = () => { button.textContent = dark() ? "Light" : "Dark"; button.title = `${button.textContent} colours`; };
    button.hidden = false;
    name();
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* kept for this page only */ }
      name();
      dispatchEvent(new Event("theme"));
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { name(); dispatchEvent(new Event("theme")); });
  });

  return { data, give, element, state, number, whenSeen, dark };
})();

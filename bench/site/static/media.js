/* Pictures, videos and texts in a page, and data that is loaded when it is wanted. What a `Ref` is, bench/site/media.py
   says; a Ref without a file says why. Sound is in player.js. */
"use strict";

const media = (() => {
  const make = sightsound.element;
  const base = (document.currentScript.getAttribute("src") ?? "").replace(/static\/media\.js$/, "");
  const loading = new Map();

  /* The value that the data file at `path` gives under `name`: from the page where it is there, else loaded once. */
  const load = (path, name) => {
    if (name in sightsound.data) return Promise.resolve(sightsound.data[name]);
    if (!loading.has(path)) {
      loading.set(path, new Promise((resolve, reject) => {
        const script = make("script", { src: base + path });
        script.onload = () => name in sightsound.data ? resolve(sightsound.data[name]) : reject(new Error(`${path} lacks ${name}`));
        script.onerror = () => { loading.delete(path); reject(new Error(`${path} is missing`)); };
        document.head.append(script);
      }));
    }
    return loading.get(path);
  };
  const address = (src) => sightsound.data[src] ?? base + src;  // in a page alone the file itself is among its data
  const gone = (why) => make("p", { class: "gone" }, make("strong", {}, "Not shown: "), why);

  /* What is known of a sound: its peaks, length and level. */
  const known = (ref) => typeof ref.facts === "string" ? load(`${ref.facts}.js`, ref.facts) : Promise.resolve(ref.facts);

  const picture = (ref, name) => {
    const made = make("img", { class: "sight", src: address(ref.src), alt: name, loading: "lazy" });
    made.onerror = () => made.replaceWith(gone("its file is missing from the site's folder"));
    return ref.original ? make("a", { href: base + ref.original }, made) : made;
  };

  const film = (ref, name) => {
    const made = make("video", { class: "sight", controls: true, muted: true, preload: "none", poster: address(ref.poster), "aria-label": name });
    made.onerror = () => made.replaceWith(gone("its file is missing from the site's folder"));
    sightsound.whenSeen([made], () => { made.src = address(ref.src); });
    return made;
  };

  /* Whatever a Ref is; `options` are the player's. */
  const shown = (ref, name, options) => {
    if (ref.why) return gone(ref.why);
    return ref.kind === "video" ? film(ref, name) : ref.kind === "image" ? picture(ref, name) : player.make(ref, name, options);
  };

  /* A text from outside, as text; a long one is folded. */
  const text = (words) => {
    if (words.length <= 600) return make("span", { class: "words" }, words);
    return make("details", { class: "words" }, make("summary", {}, `${words.slice(0, 300)} …`), words);
  };

  return { load, known, address, shown, text, gone, base };
})();

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
  const address = (path) => sightsound.data[path] ?? base + path;  // in a page alone the file itself is among its data
  const gone = (why) => make("p", { class: "gone" }, make("strong", {}, "Not shown: "), why);

  /* The address of a Ref's file, or of one that lies beside it. */
  const name = (ref) => `media/${ref.at.replace(/\.\w+$/, "")}`;
  const file = (ref, ending) => address(ending ? name(ref) + ending : `media/${ref.at}`);
  const kind = (ref) => ({ mp3: "audio", ogg: "audio", mp4: "video", jpg: "image" })[ref.at.split(".").pop()];

  /* What is known of a sound: its peaks, length and level. */
  const known = (ref) => load(`${name(ref)}.js`, name(ref));

  const picture = (ref, called) => {
    const made = make("img", { class: "sight", alt: called });
    sightsound.whenSeen([made], () => { made.src = file(ref); });
    made.onerror = () => made.replaceWith(gone("its file is missing from the site's folder"));
    return ref.original ? make("a", { href: file(ref, ref.original) }, made) : made;
  };

  const film = (ref, called) => {
    const made = make("video", { class: "sight", controls: true, muted: true, preload: "none", poster: file(ref, ".jpg"), "aria-label": called });
    made.onerror = () => made.replaceWith(gone("its file is missing from the site's folder"));
    sightsound.whenSeen([made], () => { made.src = file(ref); });
    return made;
  };

  /* Whatever a Ref is; `options` are the player's. */
  const shown = (ref, called, options) => {
    if (ref.why) return gone(ref.why);
    return { video: film, image: picture, audio: player.make }[kind(ref)](ref, called, options);
  };

  /* A text from outside, as text; a long one is folded. */
  const text = (words) => {
    if (words.length <= 600) return make("span", { class: "words" }, words);
    return make("details", { class: "words" }, make("summary", {}, `${words.slice(0, 300)} …`), words);
  };

  return { load, known, file, kind, shown, text, gone, base };
})();

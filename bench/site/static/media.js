/* Sound, pictures and videos in a page. What a `Ref` is, bench/site/media.py says; a Ref without a file says why. */
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
  const address = (src) => src.startsWith("data:") ? src : base + src;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  const gone = (why) => make("p", { class: "gone" }, make("strong", {}, "Not shown: "), why);

  /* Only one sound plays at a time. */
  let playing = null;
  const stop = () => playing && playing.pause();
  addEventListener("theme", () => document.querySelectorAll(".player").forEach((box) => box.paint && box.paint()));

  /* Peaks, a byte each in base64, as wavesurfer takes them: 0 to 1. */
  const decoded = (peaks) => Float32Array.from(atob(peaks), (letter) => letter.charCodeAt(0) / 255);

  /* A player: button, waveform, position, spectrogram. `name` is what it is called; `volume(facts)` is its loudness. */
  const player = (ref, name, { volume = () => 1, picture = true } = {}) => {
    if (ref.why) return gone(ref.why);
    const audio = make("audio", { preload: "none" });
    const button = make("button", { type: "button", class: "play", "aria-label": `Play ${name}` }, "▶");
    const wave = make("div", { class: "wave", "aria-hidden": "true" });
    const place = make("input", { type: "range", class: "place", min: 0, max: 1, step: 0.1, value: 0, "aria-label": `Position in ${name}` });
    const time = make("span", { class: "time" }, "0:00");
    const facts = make("span", { class: "soft facts" });
    const frame = picture ? make("img", { class: "spectrogram", alt: `Spectrogram of ${name}`, width: 300, height: 80, loading: "lazy" }) : null;
    const box = make("div", { class: "player", role: "group", "aria-label": name }, audio,
      make("div", { class: "controls" }, button, make("div", { class: "waves" }, wave, place, frame)),
      make("div", { class: "below" }, time, facts,
        ref.original ? make("a", { href: base + ref.original, download: true }, "original") : null));
    let surfer = null;
    const fail = (why) => { if (!box.querySelector(".gone")) box.append(gone(why)); };
    const paint = () => surfer && surfer.setOptions({ waveColor: colour("--wave"), progressColor: colour("--accent"), cursorColor: colour("--ink") });
    const show = (known) => {
      const cut = known.whole > known.seconds + 0.05 ? ` of ${known.whole.toFixed(1)}` : "";
      facts.textContent = `${known.seconds.toFixed(1)}${cut} s · ${known.db <= -120 ? "silence" : `${known.db.toFixed(1)} dB`}`;
      facts.title = `level: root mean square in dB of full scale; original at ${known.rate} Hz`;
      if (frame) frame.alt = `Spectrogram of ${name}: ${known.seconds.toFixed(1)} s, ${known.db <= -120 ? "silence" : `level ${known.db.toFixed(1)} dB`}`;
      place.max = known.seconds;
      audio.volume = volume(known);
      if (typeof WaveSurfer === "undefined") return;
      surfer = WaveSurfer.create({ container: wave, media: audio, url: audio.src, peaks: [decoded(known.peaks)], duration: known.seconds,
        height: 44, barWidth: 2, barGap: 1, cursorWidth: 1, interact: true, hideScrollbar: true });
      surfer.on("error", () => {});
      paint();
    };
    box.paint = paint;
    audio.onerror = () => { if (audio.src) fail("the browser cannot play its file; it is missing or damaged"); };
    const tick = () => {
      time.textContent = clock(audio.currentTime);
      if (document.activeElement !== place || !audio.paused) place.value = audio.currentTime;
      place.setAttribute("aria-valuetext", `${audio.currentTime.toFixed(1)} seconds`);
    };
    audio.ontimeupdate = tick;
    audio.onplay = () => {
      if (playing && playing !== audio) playing.pause();
      playing = audio;
      button.textContent = "❚❚";
      button.setAttribute("aria-label", `Pause ${name}`);
      box.dispatchEvent(new CustomEvent("heard"));
    };
    audio.onpause = () => { button.textContent = "▶"; button.setAttribute("aria-label", `Play ${name}`); };
    place.oninput = () => { audio.currentTime = Number(place.value); };
    const ready = () => { if (!audio.src) audio.src = address(ref.src); };
    button.onclick = () => { ready(); if (audio.paused) audio.play().catch(() => fail("the browser cannot play its file")); else audio.pause(); };
    sightsound.whenSeen([box], () => {
      ready();
      if (frame) frame.src = address(ref.picture);
      Promise.resolve(typeof ref.facts === "string" ? load(`${ref.facts}.js`, ref.facts) : ref.facts).then(show,
        () => fail("what is known of it is missing from the site's folder; make the site again"));
    });
    if (frame) frame.onerror = () => { frame.hidden = true; };
    return box;
  };

  const picture = (ref, name) => {
    if (ref.why) return gone(ref.why);
    const made = make("img", { class: "sight", src: address(ref.src), alt: name, loading: "lazy" });
    made.onerror = () => made.replaceWith(gone("its file is missing from the site's folder"));
    return ref.original ? make("a", { href: base + ref.original }, made) : made;
  };

  const film = (ref, name) => {
    if (ref.why) return gone(ref.why);
    const made = make("video", { class: "sight", controls: true, muted: true, preload: "none", poster: address(ref.poster), "aria-label": name });
    sightsound.whenSeen([made], () => { made.src = address(ref.src); });
    return made;
  };

  /* Whatever a Ref is. */
  const shown = (ref, name, options) => ref.kind === "video" ? film(ref, name) : ref.kind === "image" ? picture(ref, name) : player(ref, name, options);

  /* A text from outside, as text; a long one is folded. */
  const text = (words) => {
    if (words.length <= 600) return make("span", { class: "words" }, words);
    return make("details", { class: "words" }, make("summary", {}, `${words.slice(0, 300)} …`), words);
  };

  return { load, stop, player, picture, film, shown, text, gone, base };
})();

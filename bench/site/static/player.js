/* A sound in a page: button, waveform (wavesurfer.js), position, spectrogram. It is loaded when it comes into sight; one
   plays at a time. */
"use strict";

const player = (() => {
  const element = sightsound.element;
  const SILENCE_DB = -120;
  let playing = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  const level = (facts) => facts.db <= SILENCE_DB ? "silence" : `${facts.db.toFixed(1).replace("-", "−")} dB`;
  const stop = () => playing && playing.pause();
  addEventListener("theme", () => document.querySelectorAll(".player").forEach((box) => box.paint && box.paint()));

  /* Peaks, a byte each in base64, as wavesurfer takes them: 0 to 1. */
  const decoded = (peaks) => Float32Array.from(atob(peaks), (letter) => letter.charCodeAt(0) / 255);

  /* How loud each of several sounds is played so that all are as loud as the softest that is not silent. */
  const equal = (several) => {
    const heard = several.map((facts) => facts.db).filter((db) => db > SILENCE_DB);
    return several.map((facts) => facts.db > SILENCE_DB ? 10 ** ((Math.min(...heard) - facts.db) / 20) : 1);
  };

  const waveform = (node, audio, facts) => {
    const surfer = WaveSurfer.create({ container: node, media: audio, url: audio.src, peaks: [decoded(facts.peaks)],
      duration: facts.seconds, height: 44, barWidth: 2, barGap: 1, cursorWidth: 1, hideScrollbar: true });
    surfer.on("error", () => {});  // the sound itself says so
    return () => surfer.setOptions({ waveColor: colour("--wave"), progressColor: colour("--accent"), cursorColor: colour("--ink") });
  };

  /* `name`: what it is called; `volume`: 0 to 1; `blind`: nothing of it is to be seen. The box tells `heard` when it plays. */
  const make = (ref, name, { volume = 1, blind = false } = {}) => {
    const audio = element("audio", { preload: "none" });
    const button = element("button", { type: "button", class: "play" });
    const wave = blind ? null : element("div", { class: "wave", "aria-hidden": "true" });
    const place = element("input", { type: "range", class: "place", min: 0, max: 1, step: 0.1, value: 0, "aria-label": `Position in ${name}` });
    const picture = blind ? null : element("img", { class: "spectrogram", alt: `Spectrogram of ${name}`, width: 300, height: 80 });
    const time = element("span", {}), about = element("span", { class: "soft" });
    const original = ref.original ? element("a", { href: media.file(ref, ref.original), download: true }, "original") : null;
    const box = element("div", { class: "player", role: "group", "aria-label": name }, audio,
      element("div", { class: "controls" }, button, element("div", {}, wave, place, picture)),
      element("div", { class: "below" }, time, about, original));
    const fail = (why) => { if (!box.querySelector(".gone")) box.append(media.gone(why)); };
    const draw = () => {
      button.textContent = audio.paused ? "▶" : "❚❚";
      button.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${name}`);
      time.textContent = clock(audio.currentTime);
      place.value = audio.currentTime;
      place.setAttribute("aria-valuetext", `${audio.currentTime.toFixed(1)} seconds`);
    };
    const ready = () => { if (!audio.src) audio.src = media.file(ref); };
    const show = (facts) => {
      const whole = facts.whole > facts.seconds + 0.05 ? ` of ${facts.whole.toFixed(1)}` : "";
      about.textContent = `${facts.seconds.toFixed(1)}${whole} s` + (blind ? "" : ` · ${level(facts)}`);
      about.title = blind ? "" : `level: root mean square, dB of full scale; the original has ${facts.rate} Hz`;
      place.max = facts.seconds;
      if (blind) return;
      picture.alt = `Spectrogram of ${name}, ${facts.seconds.toFixed(1)} s, ${level(facts)}`;
      box.paint = waveform(wave, audio, facts);
      box.paint();
    };
    audio.volume = volume;
    audio.ontimeupdate = draw;
    audio.onpause = draw;
    audio.onplay = () => {
      if (playing !== audio) stop();
      playing = audio;
      draw();
      box.dispatchEvent(new CustomEvent("heard"));
    };
    audio.onerror = () => { if (audio.src) fail("the browser cannot play its file: it is missing or damaged"); };
    place.oninput = () => { ready(); audio.currentTime = Number(place.value); };
    button.onclick = () => { ready(); if (audio.paused) audio.play().catch((error) => { if (error.name !== "AbortError") fail("the browser cannot play its file"); }); else audio.pause(); };
    if (picture) picture.onerror = () => { picture.hidden = true; };
    sightsound.whenSeen([box], () => {
      ready();
      if (picture) picture.src = media.file(ref, ".png");
      media.known(ref).then(show, () => fail("what is known of it is missing from the site's folder; make the site again"));
    });
    draw();
    return box;
  };

  return { make, stop, equal };
})();

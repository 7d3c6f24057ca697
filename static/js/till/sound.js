// One tone for added, one lower for not known, two falling ones for a notice, a short double one for a scan that has to wait. Made here, no files.

const MUTED = "tillkeep.sound";
let context = null;

export const isMuted = () => localStorage.getItem(MUTED) === "off";

export function mute(on) {
  if (on) localStorage.setItem(MUTED, "off");
  else localStorage.removeItem(MUTED);
}

export const added = () => tone(880, 0, 0.06);
export const unknown = () => tone(220, 0, 0.28);

export function bell() {
  tone(1318, 0, 0.3);
  tone(1046, 0.16, 0.5);
}

export function held() {
  tone(440, 0, 0.05);
  tone(440, 0.09, 0.05);
}

function tone(hertz, after, seconds) {
  if (isMuted() || !("AudioContext" in window)) return;
  // Browsers allow sound only after the first key or touch; a scan is a key, so the first tone may be silent at worst.
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  const start = context.currentTime + after;
  const source = new OscillatorNode(context, { frequency: hertz, type: "sine" });
  const level = new GainNode(context, { gain: 0.16 });
  level.gain.setValueAtTime(0.16, start);
  level.gain.exponentialRampToValueAtTime(0.001, start + seconds);
  source.connect(level).connect(context.destination);
  source.start(start);
  source.stop(start + seconds);
}

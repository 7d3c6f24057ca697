// News from the server over a WebSocket; while there is none, the page asks every five seconds, and sooner when nobody answers.
import { NoAnswer, Refused, get } from "./api.js";

const POLL_MS = 5000;
const LOST_MS = 1000;
const AGAIN_MS_MAX = 20000;

/** heard(message): {"type": "status", …} or {"type": "catalog"}. lost(yes): nobody answers any more, or somebody does again. */
export function listen(heard, lost = () => {}) {
  let poll = 0;
  let again = 1000;
  let closed = false;
  let away = false;

  async function ask() {
    try {
      const status = await get("/api/status");
      answered();
      heard({ type: "status", ...status });
    } catch (error) {
      if (error instanceof Refused) return answered();
      if (!(error instanceof NoAnswer)) throw error;
      if (closed) return undefined; // the page goes away, not the server
      if (!away) lost(true);
      away = true;
      setTimeout(ask, LOST_MS);
    }
    return undefined;
  }

  function answered() {
    if (!away) return;
    away = false;
    lost(false);
  }

  function connect() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
    socket.onopen = () => {
      again = 1000;
      clearInterval(poll);
      poll = 0;
      answered();
    };
    socket.onmessage = (event) => heard(JSON.parse(event.data));
    socket.onclose = () => {
      if (closed) return;
      if (!away) ask();
      poll ||= setInterval(() => away || ask(), POLL_MS);
      setTimeout(connect, again);
      again = Math.min(again * 2, AGAIN_MS_MAX);
    };
  }

  window.addEventListener("pagehide", () => {
    closed = true;
  });
  ask();
  connect();
}

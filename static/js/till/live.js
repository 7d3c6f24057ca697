// News from the server over a WebSocket; while there is none, the page asks every five seconds.
import { NoAnswer, Refused, get } from "./api.js";

const POLL_MS = 5000;
const AGAIN_MS_MAX = 20000;

/** heard(message): {"type": "status", …} or {"type": "catalog"}. */
export function listen(heard) {
  let poll = 0;
  let again = 1000;
  let closed = false;

  async function ask() {
    try {
      heard({ type: "status", ...(await get("/api/status")) });
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refused)) throw error; // the next round asks again
    }
  }

  function connect() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
    socket.onopen = () => {
      again = 1000;
      clearInterval(poll);
      poll = 0;
    };
    socket.onmessage = (event) => heard(JSON.parse(event.data));
    socket.onclose = () => {
      if (closed) return;
      poll ||= setInterval(ask, POLL_MS);
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

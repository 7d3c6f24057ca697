// Asks for a second person's word from afar: they answer on their own screen, while this one waits.
import { t } from "../language.js";
import { NoAnswer, Refused, get, post } from "./api.js";

const LOOK_MS = 1500;

/** asked: { act, subject, bound?, what }. told(text): how it stands. answered(approval): "" when they said no. Answers how to give up. */
export function askFromAfar(asked, told, answered) {
  let key = "";
  let over = false;

  async function look() {
    if (over) return;
    try {
      const { request } = await get(`/api/approvals/ask/${key}`);
      if (over) return;
      if (request.state !== "waiting") return end(request);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error; // the next look asks again
    }
    setTimeout(look, LOOK_MS);
  }

  function end(request) {
    over = true;
    if (request.state === "refused") told(t("{name} said no.", { name: request.answered_by }));
    else if (request.state !== "agreed") told(t("Nobody answered. Ask again, or let somebody type their PIN here."));
    answered(request.state === "agreed" ? request.approval : "");
  }

  async function begin() {
    try {
      key = (await post("/api/approvals/ask", asked)).request.id;
      if (over) return void post(`/api/approvals/ask/${key}/withdraw`);
      told(t("Asked. It waits for an answer on another screen, under Approvals."));
      setTimeout(look, LOOK_MS);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      told(error instanceof Refused ? error.message : t("The till server does not answer. Try again in a moment."));
      answered("");
    }
  }

  begin();
  return () => {
    if (over) return;
    over = true;
    if (key) post(`/api/approvals/ask/${key}/withdraw`).catch(() => {}); // it runs out by itself as well
  };
}

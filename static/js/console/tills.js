// Tills: how far this browser's clock is from the till's; enrol and withdraw are those of people.js.
import { t, tn } from "../language.js";
import { byId, put } from "../till/dom.js";
import "./people.js";
import { whenFresh } from "./frame.js";

const FINE_SECONDS = 2;

function compare() {
  const place = byId("difference");
  if (!place) return; // whose rights are kept to a part of the hub sees its tills alone
  const off = Math.round((Date.now() - Date.parse(place.dataset.now)) / 1000);
  if (Math.abs(off) <= FINE_SECONDS) put(place, t("agrees"));
  else if (off > 0) put(place, tn("{n} second ahead", "{n} seconds ahead", off));
  else put(place, tn("{n} second behind", "{n} seconds behind", -off));
}

compare();
whenFresh(compare);

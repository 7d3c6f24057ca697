// A screen of stock that keeps itself live: what changed at the server, or at QuickBooks, is put in its place.
import { keepFresh } from "../console/live.js";
import { away } from "./base.js";

keepFresh((there) => away(!there));

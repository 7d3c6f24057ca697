// The bell on every page but the sell screen, which hands it the news it hears itself.
import { startBell } from "./till/bell.js";

startBell();

// What happens to runs, told on every screen of them.
import "./base.js";

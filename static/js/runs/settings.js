// Settings of runs: two forms, what everybody goes by and what one person sees first.
import "./setup.js";

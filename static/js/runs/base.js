// Where the screens of runs are: below an address that is a setting, which the page says and no script knows.

/** "/epos-qbo" where nobody chose another. */
export const base = document.body.dataset.runsBase ?? "";

/** An address of the screens of runs: runsUrl("/runs/"). */
export const runsUrl = (path) => `${base}${path}`;

// A quick hand on the pay view: what is pressed while an amount is being taken waits for its turn, in its order.

let busy = false;
let pressed = [];

export const isBusy = () => busy;
export const someWait = () => pressed.length > 0;

/** An amount is being taken from now on. */
export function begin() {
  busy = true;
}

/** Whether this has to wait until the amount is taken or refused; then it is done by itself. */
export function waits(act) {
  if (busy) pressed.push(act);
  return busy;
}

/** As `waits`, with a way to take it back: it may turn out to be a scan. */
export function later(act) {
  pressed.push(act);
  return () => {
    pressed = pressed.filter((one) => one !== act);
  };
}

/** It is over. forget: it was refused, and a person looks at it before anything else happens. */
export function end(forget) {
  busy = false;
  if (forget) pressed = [];
  while (pressed.length && !busy) pressed.shift()();
}

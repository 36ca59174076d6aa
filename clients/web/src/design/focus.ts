// Where the focus goes when what had it is gone: nobody who walks by keyboard is to begin at the top again.

import { tick } from "svelte";

/** Gives the focus to what is found once the page has followed, unless it is somewhere by then. */
export function focusLater(find: () => Element | null | undefined): void {
  void tick().then(() => {
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body) return;
    const found = find();
    if (found instanceof HTMLElement && found.isConnected) found.focus({ preventScroll: true });
  });
}

/** Frames within which a page shows what was changed, also a busy one. */
const FRAMES_MAX = 60;

/** After a deed that takes its own control away: the focus goes to the nearest control that is marked `data-begins`. */
export function focusNear({ currentTarget }: Event): void {
  const control = currentTarget as Element;
  let around = control.parentElement;
  while (around && !around.querySelector("[data-begins]")) around = around.parentElement;
  let frames = 0;
  const look = (): void => {
    frames += 1;
    if (control.isConnected && frames < FRAMES_MAX) requestAnimationFrame(look);
    else focusLater(() => around?.querySelector("[data-begins]"));
  };
  requestAnimationFrame(look);
}

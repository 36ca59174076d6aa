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

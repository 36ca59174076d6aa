// Where the focus goes when a field is left by a key, and from one part of the screen to another.

/** Marks what is written in, in the order of the screen. */
const FIELDS = ".cm-content[contenteditable=true], .typed:not(:disabled)";

/** Leaves a field: on to the next one, or back to the outline. */
export function leaveField(field: HTMLElement, isOnward: boolean): void {
  if (!isOnward) {
    focusOutline();
    return;
  }
  const all = [...document.querySelectorAll<HTMLElement>(FIELDS)];
  const at = all.findIndex((one) => field.contains(one));
  all[at + 1]?.focus();
}

/** The outline, at the row where it was left. */
export function focusOutline(): void {
  document.querySelector<HTMLElement>('[role="tree"]')?.focus();
}

/** The first thing to be written of the element on screen, or what it is called where nothing may be written. */
export function focusElement(): void {
  const pane = document.querySelector<HTMLElement>("[data-element]");
  const field = pane?.querySelector<HTMLElement>(FIELDS);
  (field ?? pane)?.focus();
  // In a text one goes on at its end.
  if (field?.isContentEditable) {
    getSelection()?.selectAllChildren(field);
    getSelection()?.collapseToEnd();
  }
}

// The plan that is open in this tab, for all screens of it: who goes from one to another finds it as it was, with
// what can be undone.  One plan at a time; it is closed a while after the last screen let go of it.

import type { Api } from "../../api/client";
import type { Me } from "../../api/schema";
import { PlanStore } from "../../plan/store.svelte";

/** So long after the last screen a plan stays open. */
const LINGER_MS = 30_000;

interface Shared {
  id: string;
  api: Api;
  opening: Promise<PlanStore>;
  screens: number;
  closing: ReturnType<typeof setTimeout> | undefined;
}
let shared: Shared | null = null;

/** Opens a plan, or gives the one that is open. */
export async function take(id: string, api: Api, me: Me): Promise<PlanStore> {
  if (shared && (shared.id !== id || shared.api !== api)) closeNow();
  if (!shared) {
    const made: Shared = { id, api, opening: PlanStore.open(id, api, me), screens: 0, closing: undefined };
    shared = made;
    made.opening.catch(() => {
      if (shared === made) shared = null;
    });
  }
  const held = shared;
  clearTimeout(held.closing);
  held.screens += 1;
  const store = await held.opening;
  if (store.status !== "gone") return store;
  // What the server no longer gives is asked for anew.
  if (shared === held) closeNow();
  return take(id, api, me);
}

/** A screen lets go of a plan; one whose sign-in is over closes it at once. */
export function giveBack(store: PlanStore, isSignedIn = true): void {
  store.whereabouts(undefined);
  if (shared?.id !== store.id || shared.api !== store.api) return;
  shared.screens -= 1;
  if (shared.screens > 0) return;
  if (!isSignedIn) closeNow();
  else shared.closing = setTimeout(closeNow, LINGER_MS);
}

/** Closes what is open. */
export function closeNow(): void {
  const closed = shared;
  shared = null;
  clearTimeout(closed?.closing);
  void closed?.opening.then((store) => store.close()).catch(() => undefined);
}

// What has to be known of a plan before its document can be read: from the server, or as it was kept when no server
// answers.

import type { About, Slot } from "../adapters/replicas";
import { type Api, content } from "../api/client";
import { Unreachable } from "../api/problem";
import type { Stage } from "../api/schema";

export async function tellOf(id: string, api: Api, slot: Slot | null): Promise<About> {
  try {
    const [kinds, { title, stage }] = await Promise.all([content(api.GET("/api/v1/kinds")), summary(id, api)]);
    const about = { title, stage, kinds };
    slot?.note(about);
    return about;
  } catch (error) {
    const kept = error instanceof Unreachable ? await slot?.about() : undefined;
    if (kept && (await slot?.kept())) return kept;
    throw error;
  }
}

/** A plan that is not in the list is asked for by itself: the answer says why it cannot be had. */
async function summary(id: string, api: Api): Promise<{ title: string; stage: Stage }> {
  const found = (await content(api.GET("/api/v1/plans"))).find((plan) => plan.id === id);
  if (found?.stage) return { title: found.title, stage: found.stage };
  return content(api.GET("/api/v1/plans/{plan}", { params: { path: { plan: id }, query: {} } }));
}

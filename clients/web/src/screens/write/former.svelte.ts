// What elements of the plan before this one are called: references to them are read as words, not as ids.

import { type Api, content } from "../../api/client";
import { labelOf } from "../../history/names";

class Former {
  #names: ReadonlyMap<string, string> = $state.raw(new Map());
  #plan = "";

  /** Reads the names of a plan, once; without the server, ids stay ids. */
  async load(api: Api, plan: string): Promise<void> {
    if (plan === this.#plan) return;
    [this.#plan, this.#names] = [plan, new Map()];
    const told = content(api.GET("/api/v1/plans/{plan}", { params: { path: { plan }, query: {} } }));
    const view = await told.catch(() => null);
    if (this.#plan !== plan) return;
    if (!view) {
      this.#plan = "";
      return;
    }
    this.#names = new Map(view.elements.map((one) => [`${plan}/${one.id}`, `${one.code ?? ""} ${labelOf(one, "en")}`.trim()]));
  }

  /** The code and title of an element of that plan, as far as they are known. */
  name(plan: string, element: string): string | null {
    return this.#names.get(`${plan}/${element}`) ?? null;
  }
}

export const former = new Former();

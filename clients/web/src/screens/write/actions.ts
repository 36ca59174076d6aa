// What can be done with the element on the screen, in one list: its menu, the palette and the keys all read it.

import type { IconName } from "../../design/Icon.svelte";
import type { Element } from "../../plan/view";
import { router } from "../../routing/router.svelte";
import { linkTo } from "../../routing/routes";
import { t } from "../../strings";
import { nameOf, shortOf, titleOf } from "./names";
import { type Place, down, indent, makings, outdent, up } from "./places";
import type { Screen } from "./screen.svelte";

/** Something that can be done. */
export interface Action {
  key: string;
  label: string;
  icon: IconName;
  /** The keys that do it in the outline. */
  keys?: string;
  /** Why it cannot be done now. */
  forbidden: string | null;
  run: () => void;
}

type Way = "up" | "down" | "indent" | "outdent";
const WAYS = { up, down, indent, outdent } as const;
const SIGNS = { up: "arrow_up", down: "arrow_down", indent: "indent", outdent: "outdent" } as const;

/** What can be made from where one is. */
export function additions(screen: Screen, element: Element | null): Action[] {
  const { plan, store } = screen;
  return makings(plan, store.kinds, element).map((making) => {
    const parent = making.parent === null ? null : (plan.byId.get(making.parent) ?? null);
    const kind = titleOf(making.kind.name);
    return {
      key: `add/${making.kind.name}`,
      label: parent ? t.writing.addUnder(kind, shortOf(plan, parent)) : t.writing.addKind(kind),
      icon: "add",
      forbidden: store.forbiddenUnder(making.kind.name, parent),
      run: () => screen.add(making),
    };
  });
}

/** What can be done with an element. */
export function deeds(screen: Screen, element: Element): Action[] {
  const { store, plan } = screen;
  const forbidden = screen.forbidden(element.id);
  const name = shortOf(plan, element);
  if (element.removed) {
    return [{ key: "restore", label: t.writing.restore, icon: "restore", forbidden, run: () => store.setRemoved(element.id, false) }];
  }
  const links = store.kinds.table.links.some((kind) => kind.from.includes(element.kind) || kind.from.includes("*"));
  return [
    ...(Object.keys(WAYS) as Way[]).map((way) => wayOf(screen, element, way)),
    { key: "move", label: t.writing.moveTo, icon: "move", keys: t.writing.keys.move, forbidden, run: () => screen.ask({ is: "move" }) },
    ...(links ? [{ key: "link", label: t.writing.addLink, icon: "link", keys: t.writing.keys.link, forbidden, run: () => screen.ask({ is: "link" }) } as const] : []),
    {
      key: "history",
      label: t.writing.wholeHistory,
      icon: "history",
      forbidden: null,
      run: () => router.go(linkTo(store.id, "history", null, new URLSearchParams({ element: element.id }))),
    },
    {
      key: "remove",
      label: t.writing.remove,
      icon: "trash",
      keys: t.writing.keys.remove,
      forbidden,
      run: () => {
        store.setRemoved(element.id, true);
        screen.said = t.writing.removed(name || nameOf(plan, element));
      },
    },
  ];
}

function wayOf(screen: Screen, element: Element, way: Way): Action {
  const { plan, store } = screen;
  const place = WAYS[way](plan, store.kinds, element);
  const forbidden = screen.forbidden(element.id) ?? (place ? bringing(screen, element, place) : t.writing.noWay[way]);
  return {
    key: way,
    label: t.writing.ways[way],
    icon: SIGNS[way],
    keys: t.writing.keys[way],
    forbidden,
    run: () => {
      if (!place) return;
      screen.move(element, place);
      const parent = place.parent === null ? null : plan.byId.get(place.parent);
      screen.said = t.writing.moved(shortOf(plan, element), parent ? shortOf(plan, parent) : t.writing.top);
    },
  };
}

/** Why one may not bring an element to a place: what belongs to a Bureau changes what it stands under. */
export function bringing(screen: Screen, element: Element, place: Place): string | null {
  const parent = place.parent === null ? null : (screen.plan.byId.get(place.parent) ?? null);
  const byBureau = (kind: string) => screen.store.kinds.element(kind)?.ownership === "bureau";
  return parent && byBureau(element.kind) && byBureau(parent.kind) ? screen.forbidden(parent.id) : null;
}

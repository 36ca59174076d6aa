// What a change was made for: enough to tell it in words, and to make it again where its bytes cannot stand.

/** Values of fields by name, as the page reads them. */
export type Fields = Record<string, unknown>;

/** One thing that is done. */
export type Deed =
  /** A text, and with it fields that were given in the same breath. */
  | { do: "text"; element: string; field: string; lang: string; before: string; after: string; fields?: Fields }
  | { do: "field"; element: string; field: string; value: unknown }
  | {
      do: "add";
      element: string;
      kind: string;
      title: string;
      parent: string | null;
      order: string;
      texts: Record<string, string>;
      fields: Fields;
    }
  | { do: "move"; element: string; parent: string | null; order: string }
  | { do: "remove" | "restore"; element: string }
  | { do: "link"; element: string; id: string; kind: string; to: string };

/** Of several deeds that are one change, `element` is what the first is about. */
export type Intent = Deed | { do: "all"; element: string; deeds: readonly Deed[] };

/** Whether a later change is about the same thing as one that was not taken, and goes with it. */
export function goesWith(later: Intent, refused: Intent): boolean {
  if (refused.do === "all") return refused.deeds.some((deed) => goesWith(later, deed));
  if (later.do === "all") return later.deeds.some((deed) => goesWith(deed, refused));
  if (refused.do === "add") return elementsOf(later).includes(refused.element);
  if (refused.do === "link") return later.element === refused.id;
  if (later.element !== refused.element) return false;
  if (refused.do === "text" && later.do === "text") return later.field === refused.field && later.lang === refused.lang;
  if (refused.do === "field" && later.do === "field") return later.field === refused.field;
  return placed(refused) && placed(later);
}

function placed({ do: deed }: Deed): boolean {
  return deed === "move" || deed === "remove" || deed === "restore";
}

/** Elements that have to be there for it. */
function elementsOf(intent: Deed): (string | null)[] {
  switch (intent.do) {
    case "add":
    case "move":
      return [intent.element, intent.parent];
    case "link":
      return [intent.element, intent.to];
    default:
      return [intent.element];
  }
}

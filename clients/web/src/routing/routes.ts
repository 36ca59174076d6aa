// Addresses of the page: what stands behind the `#`, read and written in one place.

/** The parts of a plan. */
export const SECTIONS = [
  "write",
  "chain",
  "money",
  "mapping",
  "guidance",
  "consultations",
  "progress",
  "findings",
  "history",
  "evidence",
] as const;
export type Section = (typeof SECTIONS)[number];

/** Where somebody is. */
export type Route =
  | { at: "plans" }
  | { at: "plan"; plan: string; section: Section; element: string | null; query: URLSearchParams }
  | { at: "nowhere" };

/** Reads an address. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decoded);
  if (parts.length === 0) return { at: "plans" };
  const [first, plan, section = "write", element] = parts;
  const isSection = (text: string): text is Section => (SECTIONS as readonly string[]).includes(text);
  if (first !== "plans" || !plan || !isSection(section) || parts.length > 4) return { at: "nowhere" };
  return { at: "plan", plan, section, element: element ?? null, query: new URLSearchParams(query) };
}

/** Writes the address of a part of a plan. */
export function linkTo(plan: string, section: Section, element?: string | null, query?: URLSearchParams): string {
  const parts = ["plans", plan, section, ...(element ? [element] : [])].map(encodeURIComponent);
  const asked = query?.toString();
  return `#/${parts.join("/")}${asked ? `?${asked}` : ""}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// What the membership asked for and how it was answered: requests under their principles, each with its responses.

import type { Element, Link, Plan } from "../../plan/view";

export interface Response {
  element: Element;
  /** What says that it answers the request; none where it answers nothing. */
  link: Link | null;
  status: "promised" | "done" | null;
}

export interface Request {
  element: Element;
  responses: Response[];
}

/** A principle with what stands under it. */
export interface Principle {
  element: Element;
  requests: Request[];
  /** Responses under it that answer no request. */
  loose: Response[];
}

/** What may be wanting: a request without a response; a response that is not done, or does not say whether it is. */
export const GAPS = ["unanswered", "promised", "unstated", "loose"] as const;
export type Gap = (typeof GAPS)[number];

export function principlesOf(plan: Plan): Principle[] {
  const here = plan.elements.filter((one) => !one.removed);
  const links = plan.links.filter((link) => link.kind === "answers" && !link.removed && !plan.byId.get(link.from)?.removed);
  const answering = new Set(links.filter((link) => isHere(plan, link.to)).map((link) => link.from));
  const under = (parent: Element, kind: string) => here.filter((one) => one.parent === parent.id && one.kind === kind);
  return here
    .filter((one) => one.kind === "guidance_principle")
    .map((element) => ({
      element,
      requests: under(element, "guidance_request").map((request) => ({
        element: request,
        responses: here.flatMap((response) => {
          const link = links.find((one) => one.to === request.id && one.from === response.id);
          return link ? [responseOf(response, link)] : [];
        }),
      })),
      loose: under(element, "guidance_response").filter((one) => !answering.has(one.id)).map((one) => responseOf(one, null)),
    }));
}

function isHere(plan: Plan, id: string): boolean {
  return plan.byId.get(id)?.removed === false;
}

function responseOf(element: Element, link: Link | null): Response {
  const { status } = element.fields;
  return { element, link, status: status === "promised" || status === "done" ? status : null };
}

/** What is wanting of a request. */
export function gapsOf({ responses }: Request): Gap[] {
  if (responses.length === 0) return ["unanswered"];
  const has = (status: Response["status"]) => responses.some((one) => one.status === status);
  return [...(has("promised") ? (["promised"] as const) : []), ...(has(null) ? (["unstated"] as const) : [])];
}

/** How much of each there is; responses are counted once, however many requests they answer. */
export function countsOf(principles: readonly Principle[]): { requests: number; answered: number; responses: number; done: number } & Record<Gap, number> {
  const requests = principles.flatMap((one) => one.requests);
  const loose = principles.flatMap((one) => one.loose);
  const answers = new Map([...requests.flatMap((one) => one.responses), ...loose].map((one) => [one.element.id, one.status]));
  const of = (status: Response["status"]) => [...answers.values()].filter((one) => one === status).length;
  const unanswered = requests.filter((one) => one.responses.length === 0).length;
  return {
    requests: requests.length,
    answered: requests.length - unanswered,
    responses: answers.size,
    done: of("done"),
    unanswered,
    promised: of("promised"),
    unstated: of(null),
    loose: loose.length,
  };
}

/** Only what has a gap, with the principles that it stands under. */
export function onlyWith(principles: readonly Principle[], gap: Gap): Principle[] {
  return principles
    .map((one) => ({
      ...one,
      requests: gap === "loose" ? [] : one.requests.filter((request) => gapsOf(request).includes(gap)),
      loose: one.loose.filter((response) => gap === "loose" || (gap === "promised" && response.status === "promised") || (gap === "unstated" && response.status === null)),
    }))
    .filter((one) => one.requests.length + one.loose.length > 0);
}

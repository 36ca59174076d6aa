// The HTTP API, typed by its description: what is asked for wrong does not compile.

import createClient, { type Client } from "openapi-fetch";

import { Unreachable, problemOf } from "./problem";
import type { paths } from "./schema";

export type Api = Client<paths>;

/** A client that speaks with a token, or without one. */
export function apiWith(token: string | null, fetcher: typeof fetch = fetch): Api {
  const api = createClient<paths>({ baseUrl: "/", fetch: (request) => reach(request, fetcher) });
  api.use({
    onRequest({ request }) {
      if (token) request.headers.set("authorization", `Bearer ${token}`);
      return request;
    },
    async onResponse({ response }) {
      if (!response.ok && response.status !== 304) throw await problemOf(response);
      return response;
    },
  });
  return api;
}

async function reach(request: Request, fetcher: typeof fetch): Promise<Response> {
  try {
    return await fetcher(request);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Unreachable(cause);
  }
}

/** The answer's content: refusals were thrown before. */
export async function content<T>(asked: Promise<{ data?: T }>): Promise<T> {
  const { data } = await asked;
  return data as T;
}

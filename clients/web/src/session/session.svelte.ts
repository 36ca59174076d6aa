// Who is signed in, in this tab alone: the token lies in the tab's own storage and ends with it.

import { type Api, apiWith, content } from "../api/client";
import { ApiProblem, Unreachable } from "../api/problem";
import type { Me } from "../api/schema";

const KEY = "plenary.token";
/** Who that was when the server was last asked: they go on with what is kept while it does not answer. */
const WHO = "plenary.me";

/** Somebody who is signed in. */
export interface SignedIn {
  me: Me;
  token: string;
  api: Api;
}

class Session {
  /** Who; none before somebody has signed in. */
  current: SignedIn | null = $state(null);
  /** Whether a sign-in has ended without being asked to. */
  hasEnded = $state(false);

  /** Goes on with the token of this tab, if it has one that is still good. */
  async resume(): Promise<void> {
    const token = sessionStorage.getItem(KEY);
    if (!token) return;
    try {
      await this.signIn(token);
    } catch (error) {
      const who = sessionStorage.getItem(WHO);
      if (error instanceof ApiProblem && error.status === 401) this.end();
      else if (error instanceof Unreachable && who) this.current = { me: JSON.parse(who) as Me, token, api: apiWith(token) };
      else throw error;
    }
  }

  /** Signs in. */
  async signIn(token: string): Promise<void> {
    const api = apiWith(token);
    const me = await content(api.GET("/api/v1/me"));
    sessionStorage.setItem(KEY, token);
    sessionStorage.setItem(WHO, JSON.stringify(me));
    this.hasEnded = false;
    this.current = { me, token, api };
  }

  /** Signs out. */
  signOut(): void {
    sessionStorage.removeItem(KEY);
    sessionStorage.removeItem(WHO);
    this.current = null;
  }

  /** The server takes the token no longer. */
  end(): void {
    this.hasEnded = this.current !== null || this.hasEnded;
    this.signOut();
  }
}

export const session = new Session();

// Where somebody is, as the address bar says.

import { type Route, routeOf } from "./routes";

class Router {
  route: Route = $state.raw(routeOf(location.hash));

  constructor() {
    addEventListener("hashchange", () => (this.route = routeOf(location.hash)));
  }

  /** Goes to an address. */
  go(link: string): void {
    location.hash = link.replace(/^#/, "");
  }

  /** Goes to an address that takes the place of this one in the browser's history. */
  replace(link: string): void {
    history.replaceState(null, "", link);
    this.route = routeOf(location.hash);
  }
}

export const router = new Router();

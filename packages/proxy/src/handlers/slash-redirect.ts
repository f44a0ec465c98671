import { encodePath } from "../http/encode-path.ts";
import type { ServedRequest } from "../http/served-request.ts";

/**
 * Sends a client from `/folder` to `/folder/`, so that the relative links of the index work; the query is kept. The path is the clean
 * one: `//evil.example/folder` must not become a Location that names another host.
 */
export function redirectToFolder(served: ServedRequest): void {
  const location = `${encodePath(served.path)}/${served.query === "" ? "" : `?${served.query}`}`;
  // 301 lets clients turn a POST into a GET; 308 does not (RFC 9110 §15.4.9).
  const status = served.method === "GET" || served.method === "HEAD" ? 301 : 308;
  served.response.start(status, ["Location", location, "Content-Length", "0"]);
  served.response.end();
  served.settle();
}

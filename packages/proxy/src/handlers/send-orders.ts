import { Refusal } from "../http/refusal.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { ChangedHead } from "../responses/changed-head.ts";
import type { StaticHandler } from "./static.ts";

/** Headers of the application's that go out with the file (nginx keeps the same ones). */
const KEPT: ReadonlySet<string> = new Set([
  "content-type",
  "content-disposition",
  "content-language",
  "cache-control",
  "expires",
  "set-cookie",
]);

/** A folder whose files an application may have sent. */
export interface SendRoot {
  /** Absolute, without slash at the end; latin-1. */
  readonly root: string;
  readonly files: StaticHandler;
}

/** Does what an application orders in place of a body: `X-Sendfile` with a file, `X-Accel-Redirect` with a path of an internal route. */
export class SendOrders {
  readonly #roots: readonly SendRoot[];
  readonly #accel: boolean;

  /** @param accel may an application name paths of internal routes? */
  constructor(roots: readonly SendRoot[], accel: boolean) {
    this.#roots = roots;
    this.#accel = accel;
  }

  /** The order in a response; undefined: there is none that this route obeys. */
  find(rawHeaders: readonly string[]): ((served: ServedRequest) => void) | undefined {
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] as string;
      if (name.length !== 10 && name.length !== 16) continue;
      const lower = name.toLowerCase();
      const value = rawHeaders[at + 1] as string;
      if (lower === "x-sendfile" && this.#roots.length > 0) {
        const kept = keptHeaders(rawHeaders);
        return (served) => this.#sendFile(served, value, kept);
      }
      if (lower === "x-accel-redirect" && this.#accel) {
        const kept = keptHeaders(rawHeaders);
        return (served) => {
          served.front = new ChangedHead(served.front, undefined, kept);
          served.sendInternal(value);
        };
      }
    }
    return undefined;
  }

  #sendFile(served: ServedRequest, path: string, kept: readonly string[]): void {
    const found = this.#roots.find(({ root }) => path.startsWith(`${root}/`));
    if (found === undefined || /\/\.{1,2}(?:\/|$)|\/\//.test(path)) {
      served.refuse(new Refusal(502, "The application sent X-Sendfile with a path outside of sendfile.roots."));
      return;
    }
    served.asFile();
    served.response = new ChangedHead(served.response, undefined, kept);
    found.files.sendPath(served, path.slice(found.root.length), () => {
      const named = Buffer.from(path, "latin1").toString("utf8");
      return new Refusal(404, `The application sent X-Sendfile with the path of no file: ${named}`);
    });
  }
}

function keptHeaders(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (KEPT.has(name.toLowerCase())) kept.push(name, rawHeaders[at + 1] as string);
  }
  return kept;
}

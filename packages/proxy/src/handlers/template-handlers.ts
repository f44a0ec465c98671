import type { ResolvedRedirect } from "../config/resolved-answers.ts";
import { formatHost } from "../http/host.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { compilePathRegex } from "../routing/path-regex.ts";
import { fillTemplate } from "../routing/template.ts";
import type { Handler } from "./handler.ts";

/** Sends the client elsewhere (nginx `return 302`). */
export class RedirectHandler implements Handler {
  readonly traces = true;
  readonly #status: number;
  readonly #target: Target;

  constructor({ to, status }: ResolvedRedirect, regex: string | undefined) {
    this.#status = status;
    this.#target = new Target(to, regex);
  }

  handle(served: ServedRequest): void {
    served.response.start(this.#status, ["Location", this.#target.of(served), "Content-Length", "0"]);
    served.response.end();
    served.settle();
  }
}

/**
 * Starts over with another path (nginx `rewrite`): method and body stay, and REQUEST_URI does, since it is what the client asked for. The
 * query stays behind that of the new path, unless the new path ends with a question mark.
 */
export class RewriteHandler implements Handler {
  readonly traces = true;
  readonly #target: Target;

  constructor(to: string, regex: string | undefined) {
    this.#target = new Target(to, regex);
  }

  handle(served: ServedRequest): void {
    const target = this.#target.of(served);
    const question = target.indexOf("?");
    const path = question < 0 ? target : target.slice(0, question);
    const query = question < 0 ? "" : target.slice(question + 1);
    const all = question === target.length - 1 ? "" : [query, served.query].filter((it) => it !== "").join("&");
    served.rewrite(path, all);
  }
}

/** A template, with the groups of the route's regular expression. */
class Target {
  readonly #template: string;
  readonly #regex: RegExp | undefined;

  constructor(template: string, regex: string | undefined) {
    this.#template = template;
    this.#regex = regex === undefined || !/\$\d/.test(template) ? undefined : compilePathRegex(regex);
  }

  of(served: ServedRequest): string {
    const { host, scheme, path, query } = served;
    return fillTemplate(this.#template, {
      scheme,
      host: host === undefined ? "localhost" : formatHost(host),
      hostname: host?.name ?? "localhost",
      path,
      query,
      captures: this.#regex?.exec(path) ?? [],
    });
  }
}

import type { GatewayRequest, GatewayResponse } from "../gateway-request.ts";
import { formatHost } from "../http/host.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { RouteVerdict } from "../routing/route-table.ts";
import type {
  ExplainedAnswer,
  ExplainedApplication,
  ExplainedRequest,
  ExplainedStep,
  Explanation,
} from "./explanation.ts";

/** Goes through the gateway with a request that is to be explained: whoever decides something says so here. */
export class Trace {
  readonly steps: ExplainedStep[] = [];
  /** Where its answer goes. */
  readonly response: GatewayResponse;
  request: ExplainedRequest | undefined;
  #application: ExplainedApplication | undefined;
  #answer: ExplainedAnswer | undefined;
  #reason: string | undefined;
  readonly #onEnd: (explanation: Explanation) => void;

  constructor(onEnd: (explanation: Explanation) => void) {
    this.#onEnd = onEnd;
    this.response = new Unsent(
      (status, rawHeaders) => (this.#answer ??= { status, rawHeaders, reason: this.#reason }),
      () => this.end(),
    );
  }

  /** The head was read. */
  begin({ request, host, path, scheme, remote }: ServedRequest): void {
    const target = request.target;
    this.request = {
      method: request.method,
      target,
      host: host === undefined ? undefined : formatHost(host),
      path,
      scheme,
      client: remote.address,
    };
  }

  /** The head cannot be read; the answer follows. */
  unreadable({ method, target, scheme, remote }: GatewayRequest, reason: string): void {
    const text = target;
    this.request = { method, target: text, host: undefined, path: text, scheme, client: remote.address };
    this.#reason = reason;
  }

  /** @param kindOf what answers a route, in few words */
  routes(verdicts: readonly RouteVerdict[], kindOf: (index: number) => string): void {
    for (const { index, reason } of verdicts) {
      this.steps.push({ kind: "route", index, matches: reason === undefined, reason: reason ?? kindOf(index) });
    }
    if (verdicts.at(-1)?.reason !== undefined || verdicts.length === 0) this.note("no route matches");
  }

  /** @param found such as `file`, `folder`, `none` */
  file(path: string, found: string): void {
    this.steps.push({ kind: "file", path, found });
  }

  script(scriptName: string, pathInfo: string): void {
    this.steps.push({ kind: "script", scriptName, pathInfo });
  }

  rewrite(path: string, query: string): void {
    this.steps.push({ kind: "rewrite", path, query });
  }

  note(text: string): void {
    this.steps.push({ kind: "note", text });
  }

  /** Why the gateway answers with an error of its own; the answer follows. */
  refused(reason: string): void {
    this.#reason = reason;
  }

  /** An application would be asked now. */
  application(application: ExplainedApplication): void {
    this.#application = application;
    this.end();
  }

  end(): void {
    const { request, steps } = this;
    if (request === undefined) return;
    this.#onEnd({ request, steps, application: this.#application, answer: this.#answer });
  }
}

/** An answer that nobody gets. */
class Unsent implements GatewayResponse {
  onDrain: (() => void) | undefined;
  stallTimeout = 0;
  readonly unsent = 0;
  readonly #onStart: (status: number, rawHeaders: readonly string[]) => void;
  readonly #onEnd: () => void;

  constructor(onStart: (status: number, rawHeaders: readonly string[]) => void, onEnd: () => void) {
    this.#onStart = onStart;
    this.#onEnd = onEnd;
  }

  informational(): void {}

  start(status: number, rawHeaders: string[]): void {
    this.#onStart(status, rawHeaders);
  }

  write(_chunk: Uint8Array, release?: () => void): boolean {
    if (release !== undefined) setImmediate(release);
    return true;
  }

  end(): void {
    this.#onEnd();
  }

  withdraw(): boolean {
    return false;
  }

  abort(): void {
    this.#onEnd();
  }
}

import type { FastCGIContext } from "../handlers/fastcgi.ts";
import type { Handler } from "../handlers/handler.ts";
import { BodyWatch, bodyPace } from "../http/body-watch.ts";
import { Refusal, deniedPath } from "../http/refusal.ts";
import { StreamedBody } from "../http/request-body.ts";
import { bodyTooLarge } from "../http/request-head.ts";
import { cleanResponseHeaders } from "../http/response-headers.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { DenyList } from "../routing/deny-list.ts";
import { timers } from "../timers.ts";
import type { FetchHandler, HandlerInput } from "./fetch-handler.ts";
import { handlerOf, loadHandler } from "./load-handler.ts";
import { ResponseBody } from "./response-body.ts";
import { toRequest } from "./to-request.ts";

/** Answers the requests of a route by a fetch handler in this process: the counterpart of mod_php and mod_perl. */
export class EmbeddedHandler implements Handler {
  readonly #context: FastCGIContext;
  readonly #denied: DenyList | undefined;
  readonly #loading: Promise<FetchHandler>;
  #fetch: FetchHandler | undefined;

  /** @param denied paths of the route that nobody gets */
  constructor(input: HandlerInput, context: FastCGIContext, denied: DenyList | undefined) {
    this.#context = context;
    this.#denied = denied;
    if (typeof input !== "string") this.#fetch = handlerOf(input);
    this.#loading = loadHandler(input);
    this.#loading.then(
      (fetch) => (this.#fetch = fetch),
      // Told to each request.
      () => undefined,
    );
  }

  handle(served: ServedRequest): void {
    const pattern = this.#denied?.find(served.path);
    if (pattern !== undefined) served.refuse(deniedPath(`${JSON.stringify(pattern)} stands in deny of the route`));
    else if (this.#fetch !== undefined) this.#ask(served, this.#fetch);
    else {
      this.#loading.then(
        (fetch) => this.#ask(served, fetch),
        (error: unknown) => served.fail(error),
      );
    }
  }

  #ask(served: ServedRequest, fetch: FetchHandler): void {
    if (served.settled) return;
    const gone = new AbortController();
    served.onAbort = () => gone.abort();
    const source = served.contentLength === 0 ? undefined : this.#body(served, gone);
    let request: Request;
    try {
      request = toRequest(served, source, gone.signal);
    } catch (error) {
      // A method or a value that no Request can have.
      served.refuse(new Refusal(400, error instanceof Error ? error.message : String(error)));
      return;
    }
    const { firstByte } = this.#context.timeouts;
    const timer = firstByte === 0 ? undefined : timers.schedule(firstByte, () => this.#late(served, gone, firstByte));
    const { remote } = served;
    const { local } = served.request;
    const variables = Object.fromEntries(served.variables ?? []);
    const context = { remote, local, requestUri: served.requestUri, variables };
    void answerOf(fetch, request, context).then((answer) => {
      if (timer !== undefined) timers.cancel(timer);
      if (answer instanceof Response) send(served, answer);
      else {
        gone.abort();
        served.refuse(new Refusal(500, `The handler failed: ${answer}`));
      }
    });
  }

  #late(served: ServedRequest, gone: AbortController, limit: number): void {
    served.refuse(new Refusal(504, `The handler gave no response within ${limit} ms (timeouts.firstByte).`));
    gone.abort();
  }

  #body(served: ServedRequest, gone: AbortController): StreamedBody {
    const { limits, timeouts } = this.#context;
    const refuse = (refusal: Refusal): void => {
      if (served.settled) return;
      served.refuse(refusal);
      gone.abort();
    };
    return new StreamedBody(served.request.body, {
      limit: limits.body,
      expected: served.contentLength,
      watch: new BodyWatch(bodyPace(limits, timeouts), refuse),
      onStart: served.expectsContinue ? (): void => this.#continue(served) : undefined,
      onTooLarge: () => refuse(bodyTooLarge(limits.body)),
    });
  }

  /** Asks for the body, unless the response is under way already. */
  #continue(served: ServedRequest): void {
    if (!served.settled && !started.has(served)) served.response.informational(100, []);
  }
}

/** Those whose response head is out while their body may still be asked for. */
const started = new WeakSet<ServedRequest>();

/** @returns the response, or why there is none. Never rejects */
async function answerOf(
  fetch: FetchHandler,
  request: Request,
  context: Parameters<FetchHandler>[1],
): Promise<Response | string> {
  try {
    const response = await fetch(request, context);
    if (response instanceof Response && response.status >= 200) return response;
    return `it gave ${response instanceof Response ? "Response.error()" : typeof response}, not a Response.`;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

function send(served: ServedRequest, response: Response): void {
  const { body, status } = response;
  if (served.settled) {
    body?.cancel().catch(() => undefined);
    return;
  }
  const rawHeaders: string[] = [];
  response.headers.forEach((value, name) => rawHeaders.push(name, value));
  const length = response.headers.get("content-length");
  const announced = length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
  started.add(served);
  served.response.start(status, cleanResponseHeaders(rawHeaders, status), response.statusText);
  if (body !== null && served.method !== "HEAD" && status !== 204 && status !== 304) {
    void new ResponseBody(served, body as ReadableStream<Uint8Array>, announced).send();
    return;
  }
  body?.cancel().catch(() => undefined);
  served.response.end();
  served.settle();
}

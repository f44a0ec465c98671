import type { ParamsInput } from "@x/protocol";

import type { Dispatcher, RequestTimeouts } from "./dispatcher.ts";
import { sendRequest } from "./request.ts";
import type { ResponseData } from "./request.ts";
import type { ResponseBody } from "./response-body.ts";
import { toParams } from "./to-params.ts";

/** What {@link Dispatcher.fetch} takes beside what `Request` takes. */
export interface FetchInit extends RequestInit, RequestTimeouts {
  /**
   * The application's variables, or what makes them of the request; without it `toParams` does. `CONTENT_LENGTH` and `CONTENT_TYPE` are added when
   * there is a body and they are missing.
   */
  params?: ParamsInput | ((request: Request) => ParamsInput) | undefined;
  /** As in `RequestDescription`: the document root, as the application sees it. */
  root?: string | undefined;
  /** As in `RequestDescription`. */
  script?: string | undefined;
  /** As in `RequestDescription`. */
  index?: string | undefined;
  /** As in `RequestOptions`. */
  idempotent?: boolean | undefined;
  /** As in `RequestOptions`. */
  reuse?: boolean | "multiplexed" | undefined;
}

/** Responses of these have no body, and `Response` refuses one. */
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Runs one request of the Fetch standard on `dispatcher`. */
export async function fetchFrom(
  dispatcher: Dispatcher,
  input: string | URL | Request,
  init: FetchInit,
): Promise<Response> {
  const {
    params,
    root,
    script,
    index,
    idempotent,
    reuse,
    connectTimeout,
    queueTimeout,
    headersTimeout,
    bodyTimeout,
    sendTimeout,
    timeout,
    ...rest
  } = init;
  const half = rest.body === undefined || rest.body === null ? {} : { duplex: "half" as const };
  // oxlint-disable-next-line house/no-request-url -- the caller's own URL, as the Fetch standard reads it
  const target = typeof input === "string" ? new URL(input, "http://localhost") : input;
  const request = new Request(target, { ...half, ...rest });
  const { method, signal } = request;
  const response = await sendRequest(dispatcher, {
    method,
    signal,
    params: typeof params === "function" ? params(request) : (params ?? describe(request, { root, script, index })),
    stdin: request.body,
    contentType: request.headers.get("content-type") ?? undefined,
    unknownLength: "buffer",
    idempotent,
    reuse,
    connectTimeout,
    queueTimeout,
    headersTimeout,
    bodyTimeout,
    sendTimeout,
    timeout,
  });
  return toResponse(response, method);
}

function describe(request: Request, place: Pick<FetchInit, "index" | "root" | "script">): ParamsInput {
  const { method } = request;
  // oxlint-disable-next-line house/no-request-url -- as above
  const { pathname, search, host, protocol } = new URL(request.url);
  const headers = new Headers(request.headers);
  if (!headers.has("host")) headers.set("host", host);
  return toParams({
    ...place,
    method,
    path: pathname + search,
    headers,
    scheme: protocol === "https:" ? "https" : "http",
  });
}

function toResponse({ statusCode, statusText, rawHeaders, body }: ResponseData, method: string): Response {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  const init = { status: statusCode, statusText, headers };
  if (method !== "HEAD" && !NULL_BODY.has(statusCode)) {
    return new Response(webBody(body), init);
  }
  body.resume();
  return new Response(null, init);
}

/** Not by `Readable.toWeb`, which throws out of nowhere when it is cancelled while chunks are on their way. */
function webBody(body: ResponseBody): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer<ArrayBuffer>>;
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      },
      cancel: () => {
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

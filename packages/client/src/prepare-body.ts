import { ParamList } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";

import { toBody } from "./body.ts";
import type { BodyInput } from "./body.ts";
import { collectBody } from "./collect-body.ts";
import { toParamList } from "./dispatch-plan.ts";
import type { DispatchOptions } from "./dispatcher.ts";
import { encodeMultipart } from "./multipart.ts";

/** How a request body is announced to an application of CGI. */
export interface RequestBodyOptions {
  /**
   * The request body. The params `CONTENT_LENGTH` and `CONTENT_TYPE` are added where they are missing and known: the
   * length of text, bytes, a `Blob` or a form, the type of the last two. A `FormData` sets its type in any case,
   * since nobody else knows its boundary.
   */
  stdin?: BodyInput | FormData | URLSearchParams | undefined;
  /** The param `CONTENT_TYPE`, unless `params` has it. */
  contentType?: string | undefined;
  /**
   * What to do with a body whose length nobody knows, a stream without the param `CONTENT_LENGTH`. PHP reads nothing of it
   * then. `"stream"` sends it all the same; `"buffer"` collects it in memory first, `"spool"` in a temporary file;
   * `"refuse"` fails with `FCGI_ERR_INVALID_ARGUMENT`.
   *
   * @default "stream"
   */
  unknownLength?: "stream" | "buffer" | "spool" | "refuse" | undefined;
  /**
   * Bytes that `unknownLength` collects at most; more fails with `FCGI_ERR_BODY_TOO_LARGE`.
   *
   * @default 134217728 (128 MiB)
   */
  maxBodyBytes?: number | undefined;
}

/** The options of a request whose body is yet to be announced. */
export type UnpreparedOptions = Omit<DispatchOptions, "stdin"> & RequestBodyOptions;

/**
 * Brings a request body and its params together.
 *
 * @returns a promise only when the body has to be read first
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`
 */
export function prepareBody(options: UnpreparedOptions): DispatchOptions | Promise<DispatchOptions> {
  const { stdin } = options;
  if (stdin === undefined || stdin === null) return options as DispatchOptions;
  const given = toParamList(options.params);
  let body: BodyInput;
  let length: number | undefined;
  let type = options.contentType;
  if (stdin instanceof FormData) {
    const form = encodeMultipart(stdin);
    const params = withParam(
      withParam(given, "CONTENT_TYPE", form.contentType, true),
      "CONTENT_LENGTH",
      `${form.length}`,
      true,
    );
    return { ...options, params, stdin: form.chunks };
  }
  if (stdin instanceof URLSearchParams) {
    body = Buffer.from(stdin.toString());
    type ??= "application/x-www-form-urlencoded;charset=UTF-8";
  } else body = typeof stdin === "string" ? Buffer.from(stdin) : stdin;
  if (body instanceof Uint8Array) length = body.length;
  else if (body instanceof Blob) {
    length = body.size;
    if (body.type !== "") type ??= body.type;
  }
  const params = type === undefined ? given : withParam(given, "CONTENT_TYPE", type, false);
  if (length !== undefined) {
    return { ...options, params: withParam(params, "CONTENT_LENGTH", String(length), false), stdin: body };
  }
  const policy = options.unknownLength ?? "stream";
  if (policy === "stream" || has(params, "CONTENT_LENGTH")) return { ...options, params, stdin: body };
  return collect({ ...options, params, stdin: body }, policy);
}

async function collect(
  options: UnpreparedOptions & { params: ParamList; stdin: BodyInput },
  policy: "buffer" | "spool" | "refuse",
): Promise<DispatchOptions> {
  const source = toBody(options.stdin);
  if (source === undefined || source instanceof Uint8Array) return options;
  if (policy === "refuse") {
    const message =
      "The request body has no known length: give the param CONTENT_LENGTH, or let it be collected (unknownLength).";
    const error = new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "request" });
    source.cancel?.(error);
    throw error;
  }
  const limit = options.maxBodyBytes ?? 128 * 2 ** 20;
  const { body, length } = await collectBody(source, { spool: policy === "spool", limit, signal: options.signal });
  return { ...options, params: withParam(options.params, "CONTENT_LENGTH", String(length), false), stdin: body };
}

function has(params: ParamList, name: string): boolean {
  return params.names.includes(name);
}

/** The caller's list is his: a changed one is a copy. */
function withParam(params: ParamList, name: string, value: string, replace: boolean): ParamList {
  if (has(params, name) && !replace) return params;
  const list = new ParamList(params.preEncoded);
  for (const [index, other] of params.names.entries()) {
    if (other !== name) list.add(other, params.values[index]!);
  }
  return list.add(name, value);
}

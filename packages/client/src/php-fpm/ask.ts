import { FastCGIError, isFastCGIError } from "@x/protocol/errors";

import type { Dispatcher } from "../dispatcher.ts";
import { Pool } from "../pool.ts";
import type { RequestDescription } from "../request-description.ts";
import { toParams } from "../to-params.ts";

/** An answer of PHP-FPM, all of it. */
export interface RunningResponse {
  statusCode: number;
  contentType: string;
  /** Read as UTF-8. */
  body: string;
  stderr: string;
}

/** No page of FPM is as large: the one for 10,000 workers has 4 MiB. */
const MOST = 64 * 1_048_576;

/** Sends one request and reads its whole answer. */
export async function ask(
  target: Dispatcher | string,
  description: RequestDescription & { body?: string },
  { timeout = 5_000, signal }: { timeout?: number | undefined; signal?: AbortSignal | undefined },
): Promise<RunningResponse> {
  const dispatcher = typeof target === "string" ? new Pool(target) : target;
  const timeouts = { connectTimeout: timeout, queueTimeout: timeout, headersTimeout: timeout, bodyTimeout: timeout };
  try {
    const response = await dispatcher.request({
      params: toParams({ ...description, serverSoftware: "x-client" }),
      stdin: description.body,
      // A connection to spare is none of FPM's: each holds a worker.
      reuse: typeof target !== "string",
      signal,
      ...timeouts,
    });
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += (chunk as Buffer).length;
      if (size > MOST) throw new FastCGIError("FCGI_ERR_BODY_TOO_LARGE", `The answer has more than ${MOST} bytes.`);
      pieces.push(chunk as Buffer);
    }
    const { headers, statusCode } = response;
    return {
      statusCode,
      contentType: String(headers["content-type"] ?? ""),
      body: Buffer.concat(pieces).toString(),
      stderr: await response.stderr,
    };
  } finally {
    if (typeof target === "string") await dispatcher.destroy();
  }
}

/** Gives an error of ours the address that it is about. */
export function withAddress(error: unknown, target: Dispatcher | string): unknown {
  if (isFastCGIError(error))
    error.address ??= typeof target === "string" ? target : (target as { address?: string }).address;
  return error;
}

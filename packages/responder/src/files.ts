import type { Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { FastCGIError } from "@x/protocol/errors";

/**
 * Has nginx send a file: the web server reads it, with ranges and conditional requests, and the application is free. The URI is one of
 * a location marked `internal`; it is percent-encoded here.
 *
 * @param uri starts with `/`
 * @param init headers such as Content-Type; the web server adds the length
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`
 */
export function xAccelRedirect(uri: string, init: ResponseInit = {}): Response {
  if (!uri.startsWith("/")) throw invalid(`X-Accel-Redirect takes a URI that starts with "/", not ${uri}.`);
  return handOver("X-Accel-Redirect", encodeURI(uri).replaceAll("?", "%3F").replaceAll("#", "%23"), init);
}

/**
 * Has Apache (mod_xsendfile), lighttpd (`"x-sendfile" => "enable"`) or our proxy send a file.
 *
 * @param path absolute; it must lie where the web server's configuration lets it
 * @param init headers such as Content-Type; the web server adds the length
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`
 */
export function xSendfile(path: string, init: ResponseInit = {}): Response {
  if (!path.startsWith("/")) throw invalid(`X-Sendfile takes an absolute path, not ${path}.`);
  return handOver("X-Sendfile", Buffer.from(path).toString("latin1"), init);
}

/**
 * A file as a response: Content-Length, Last-Modified, ETag, one range, and 304 for what the browser has. The path is the
 * application's own; of what a browser sent check every part first.
 *
 * @param init `headers`, for one Content-Type: none is guessed
 * @throws the file system's error, such as `ENOENT`; `FCGI_ERR_INVALID_ARGUMENT` for what is no regular file
 */
export async function fileResponse(request: Request, path: string, init: ResponseInit = {}): Promise<Response> {
  const file = await open(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw invalid(`${path} is no regular file.`);
    const response = answer(request, file, stats, init);
    if (response.body === null) await file.close();
    return response;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function answer(request: Request, file: FileHandle, stats: Stats, init: ResponseInit): Response {
  const { size } = stats;
  const etag = `"${size.toString(16)}-${Math.floor(stats.mtimeMs).toString(16)}"`;
  const modified = new Date(Math.floor(stats.mtimeMs / 1_000) * 1_000);
  const headers = new Headers(init.headers);
  headers.set("ETag", etag);
  headers.set("Last-Modified", modified.toUTCString());
  headers.set("Accept-Ranges", "bytes");
  if (isFresh(request.headers, etag, modified)) return new Response(null, { ...init, status: 304, headers });
  const range = readRange(request.headers, etag, modified, size);
  if (range === null) {
    headers.set("Content-Range", `bytes */${size}`);
    return new Response(null, { ...init, status: 416, headers });
  }
  const { start, end } = range ?? { start: 0, end: size };
  if (range !== undefined) headers.set("Content-Range", `bytes ${start}-${end - 1}/${size}`);
  headers.set("Content-Length", String(end - start));
  const whole = range === undefined ? init : { ...init, status: 206 };
  if (request.method === "HEAD" || end === start) return new Response(null, { ...whole, headers });
  return new Response(readable(file, start, end), { ...whole, headers });
}

function readable(file: FileHandle, start: number, end: number): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
        const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
        at += bytesRead;
        if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead));
        if (bytesRead === 0 && at < end) {
          await file.close();
          controller.error(new FastCGIError("FCGI_ERR_BODY_MISMATCH", "The file became shorter while it was sent."));
        } else if (at >= end) {
          await file.close();
          controller.close();
        }
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}

const CHUNK = 262_144;

/** RFC 9110 §13.2.2: If-None-Match goes before If-Modified-Since. */
function isFresh(headers: Headers, etag: string, modified: Date): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== null) return tags === "*" || tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
  const since = headers.get("if-modified-since");
  return since !== null && modified.getTime() <= Date.parse(since);
}

/** The one range that is asked for; undefined: the whole file; null: none that it has. */
function readRange(
  headers: Headers,
  etag: string,
  modified: Date,
  size: number,
): { start: number; end: number } | undefined | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.get("range") ?? "");
  const condition = headers.get("if-range");
  if (condition !== null && condition !== etag && condition !== modified.toUTCString()) return undefined;
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "")
    return Number(last) === 0 || size === 0 ? null : { start: Math.max(0, size - Number(last)), end: size };
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? null : { start, end: last === "" ? size : Math.min(size, Number(last) + 1) };
}

function handOver(field: string, value: string, init: ResponseInit): Response {
  const headers = new Headers(init.headers);
  headers.set(field, value);
  return new Response(null, { ...init, headers });
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "response-head" });
}

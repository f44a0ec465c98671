import { fstatSync, readlinkSync } from "node:fs";
import type { ReadStream, Stats } from "node:fs";
import type { Readable } from "node:stream";

import { send } from "@fastify/send";
import type { SendOptions } from "@fastify/send";

import type { ResolvedStaticRoute } from "../config/resolved-config.ts";
import { encodePath } from "../http/encode-path.ts";
import { Refusal, deniedPath } from "../http/refusal.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { DenyList } from "../routing/deny-list.ts";
import { type FileRules, type FoundFile, findFile } from "../routing/find-file.ts";
import { isScriptName } from "../routing/hidden-names.ts";
import { belowMount } from "../routing/mount.ts";
import type { FileKind, RootFolder } from "../routing/root-folder.ts";
import { FileBody } from "./file-body.ts";
import type { Handler } from "./handler.ts";
import { redirectToFolder } from "./slash-redirect.ts";

/** Request headers that decide what is sent of a file (RFC 9110 §13, §14). */
const CONDITIONS: ReadonlySet<string> = new Set([
  "cache-control",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
]);

const ALLOW = ["Allow", "GET, HEAD"];
const NOT_FOUND = new Refusal(404, "No file of this route answers the path.");

/** Serves the files of a folder. Headers, ranges, validators and MIME types are the library's; what may be served is decided here. */
export class StaticHandler implements Handler {
  readonly traces = true;
  readonly #route: ResolvedStaticRoute;
  readonly #folder: RootFolder;
  readonly #rules: FileRules;
  readonly #options: SendOptions;
  readonly #mount: string;

  /**
   * @param denied paths of the route that nobody gets
   * @param mount the path below which the route lies
   */
  constructor(route: ResolvedStaticRoute, folder: RootFolder, denied: DenyList | undefined, mount: string) {
    this.#mount = mount;
    this.#route = route;
    this.#folder = folder;
    this.#rules = { extensions: [], index: route.index, tryFiles: ["{path}", "{path}/"], denied };
    this.#options = {
      root: route.root,
      dotfiles: "allow",
      index: [],
      cacheControl: route.maxAge !== undefined || route.immutable,
      maxAge: route.maxAge ?? 0,
      immutable: route.immutable,
    };
  }

  handle(served: ServedRequest): void {
    if (!allowed(served)) return;
    const path = belowMount(served.path, this.#mount);
    if (path === "") {
      redirectToFolder(served);
      return;
    }
    const { trace } = served;
    const looked = trace && ((file: string, kind: FileKind) => trace.file(file, kind));
    findFile(this.#folder, this.#rules, path, (found) => this.#onFound(served, found), looked);
  }

  /** Sends what an application names: a file, and nothing but a file. */
  sendPath(served: ServedRequest, path: string): void {
    findFile(this.#folder, this.#rules, path, (found) => {
      if (served.settled) return;
      if (found.kind === "file" && found.path === path) this.send(served, path);
      else served.refuse(found.kind === "denied" ? deniedPath(found.reason) : NOT_FOUND);
    });
  }

  #onFound(served: ServedRequest, found: FoundFile): void {
    if (served.settled) return;
    if (found.kind === "file") this.send(served, found.path);
    else if (found.kind === "folder") redirectToFolder(served);
    else if (found.kind === "denied") served.refuse(deniedPath(found.reason));
    else served.refuse(NOT_FOUND);
  }

  /** Sends a file that was found already. */
  send(served: ServedRequest, path: string): void {
    if (!allowed(served)) return;
    if (isScriptName(path, this.#route.neverServe)) {
      served.refuse(NOT_FOUND, { advice: "This is a script, and no route runs it: scripts are never sent as text." });
      return;
    }
    this.#send(served, path, RETRIES).catch((error: unknown) => served.fail(error));
  }

  async #send(served: ServedRequest, path: string, retries: number): Promise<void> {
    const request: unknown = {
      method: served.method,
      headers: served.isErrorPage ? {} : conditions(served.rawHeaders),
    };
    // Method and headers are all that it reads of a request, whatever its types say.
    const result = await send(request as Readable, encodePath(path), this.#options);
    if (served.settled) {
      result.stream.destroy();
      return;
    }
    if (result.type === "directory") served.refuse(NOT_FOUND);
    else if (result.type === "error") served.refuse(refusalOf(result.statusCode, result.headers));
    else if (result.statusCode === 304 || served.method === "HEAD") {
      served.response.start(result.statusCode, flatten(result.headers));
      served.response.end();
      served.settle();
    } else {
      const fd = await opened(result.stream);
      if (served.settled) result.stream.destroy();
      else if (fd === undefined) served.refuse(NOT_FOUND);
      else if (this.#isSame(fd, result.metadata.stat)) {
        new FileBody(served, result.stream, Number(result.headers["Content-Length"])).start(
          result.statusCode,
          flatten(result.headers),
        );
      } else {
        // Replaced between the look at it and the opening: the validators are those of another file.
        result.stream.destroy();
        if (retries === 0) served.refuse(NOT_FOUND);
        else await this.#send(served, path, retries - 1);
      }
    }
  }

  /** Is what was opened the file that was looked at, and under the root? A link may have been changed in between. */
  #isSame(fd: number, stats: Stats): boolean {
    const now = fstatSync(fd);
    if (!now.isFile() || now.ino !== stats.ino || now.dev !== stats.dev || now.size !== stats.size) return false;
    return process.platform !== "linux" || this.#folder.contains(readlinkSync(`/proc/self/fd/${fd}`, "latin1"));
  }
}

const RETRIES = 3;

function allowed(served: ServedRequest): boolean {
  if (served.method === "GET" || served.method === "HEAD") return true;
  served.refuse(new Refusal(405, "Files are served for GET and HEAD alone.", ALLOW));
  return false;
}

function conditions(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    if (!CONDITIONS.has(name)) continue;
    const value = rawHeaders[at + 1] ?? "";
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

function refusalOf(status: number, headers: Record<string, string>): Refusal {
  if (status === 416)
    return new Refusal(416, "The range lies outside of the file.", [
      "Content-Range",
      headers["Content-Range"] ?? "bytes */*",
    ]);
  if (status === 412) return new Refusal(412, "A condition of the request does not hold for the file.");
  return status === 500 ? new Refusal(500, "The file cannot be read.") : NOT_FOUND;
}

function flatten(headers: Record<string, string | number>): string[] {
  const rawHeaders: string[] = ["X-Content-Type-Options", "nosniff"];
  for (const [name, value] of Object.entries(headers)) rawHeaders.push(name, String(value));
  return rawHeaders;
}

/** The file descriptor, once it is open; undefined when it cannot be opened. */
function opened(stream: Readable): Promise<number | undefined> {
  return new Promise((resolve) => {
    const file = stream as ReadStream;
    file.once("open", resolve);
    file.once("error", () => resolve(undefined));
  });
}

import { close, constants, fstatSync, open, readlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import type { Readable } from "node:stream";

import { send } from "@fastify/send";
import type { SendOptions, SendResult } from "@fastify/send";

import type { ResolvedStaticRoute } from "../config/resolved-config.ts";
import { encodePath } from "../http/encode-path.ts";
import { Refusal, deniedPath } from "../http/refusal.ts";
import type { ServedRequest } from "../http/served-request.ts";
import type { DenyList } from "../routing/deny-list.ts";
import { type FileRules, type FoundFile, findFile } from "../routing/find-file.ts";
import { isScriptName } from "../routing/hidden-names.ts";
import { belowMount } from "../routing/mount.ts";
import type { FileKind, RootFolder } from "../routing/root-folder.ts";
import { CachedFile } from "./cached-file.ts";
import { FileBody } from "./file-body.ts";
import type { FileCache, Shelf } from "./file-cache.ts";
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
  /** Largest file that is held in memory. */
  readonly #held: number;
  readonly #shelf: Shelf;

  /**
   * @param cache where small files are held
   * @param denied paths of the route that nobody gets
   * @param mount the path below which the route lies
   */
  constructor(
    route: ResolvedStaticRoute,
    folder: RootFolder,
    cache: FileCache,
    denied: DenyList | undefined,
    mount: string,
  ) {
    this.#held = cache.limits.fileBytes;
    this.#shelf = cache.shelf();
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
  sendPath(served: ServedRequest, path: string, missing: () => Refusal): void {
    findFile(this.#folder, this.#rules, path, (found) => {
      if (served.settled) return;
      if (found.kind === "file" && found.path === path) this.send(served, path);
      else served.refuse(found.kind === "denied" ? deniedPath(found.reason) : missing());
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
    const headers = served.isErrorPage ? NO_CONDITIONS : conditions(served.rawHeaders);
    const cached = headers === NO_CONDITIONS ? this.#shelf.get(path) : undefined;
    if (cached === undefined) {
      this.#read(served, path, headers);
      return;
    }
    cached.check((same) => {
      if (!same) this.#shelf.drop(path, cached);
      if (served.settled) return;
      if (same) {
        this.#shelf.hit();
        sendCached(served, cached);
      } else this.#read(served, path, headers);
    });
  }

  #read(served: ServedRequest, path: string, headers: Conditions): void {
    this.#send(served, path, headers, RETRIES).catch((error: unknown) => served.fail(error));
  }

  async #send(served: ServedRequest, path: string, headers: Conditions, retries: number): Promise<void> {
    const result = await this.#ask(path, headers);
    if (served.settled) return;
    if (result.type === "directory") served.refuse(NOT_FOUND);
    else if (result.type === "error") served.refuse(refusalOf(result.statusCode, result.headers));
    else if (result.statusCode === 304 || served.method === "HEAD") {
      served.response.start(result.statusCode, flatten(result.headers));
      served.response.end();
      served.settle();
    } else {
      const { statusCode, metadata } = result;
      const fd = await opened(Buffer.from(this.#folder.bytes + path, "latin1"));
      if (fd === undefined) served.refuse(NOT_FOUND);
      else if (served.settled) close(fd);
      else if (this.#isSame(fd, metadata.stat)) {
        if (statusCode === 200) this.#shelf.served(path, metadata.stat.size, () => this.#load(path));
        const first = Number(/^bytes (\d+)-/.exec(result.headers["Content-Range"] ?? "")?.[1] ?? 0);
        const body = new FileBody(served, fd, first, Number(result.headers["Content-Length"]));
        body.start(statusCode, flatten(result.headers));
      } else {
        // Replaced between the look at it and the opening: the validators are those of another file.
        close(fd);
        if (retries === 0) served.refuse(NOT_FOUND);
        else await this.#send(served, path, headers, retries - 1);
      }
    }
  }

  /** What the library makes of a request. It opens the file for GET, which is left to {@link FileBody}; else it is the same for HEAD. */
  #ask(path: string, headers: Conditions): Promise<SendResult> {
    // Method and headers are all that it reads of a request, whatever its types say.
    const request: unknown = { method: "HEAD", headers };
    return send(request as Readable, encodePath(path), this.#options);
  }

  #load(path: string): Promise<CachedFile | undefined> {
    return CachedFile.load(this.#folder, path, this.#held, async () => {
      const { type, statusCode, headers } = await this.#ask(path, NO_CONDITIONS);
      return type === "file" && statusCode === 200 ? flatten(headers) : undefined;
    });
  }

  /** Is what was opened the file that was looked at, and under the root? A link may have been changed in between. */
  #isSame(fd: number, stats: Stats): boolean {
    const now = fstatSync(fd);
    if (!now.isFile() || now.ino !== stats.ino || now.dev !== stats.dev || now.size !== stats.size) return false;
    return process.platform !== "linux" || this.#folder.contains(readlinkSync(`/proc/self/fd/${fd}`, "latin1"));
  }
}

const RETRIES = 3;

// A FIFO, which a path may have become since it was looked at, would hold a thread until somebody writes into it.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function allowed(served: ServedRequest): boolean {
  if (served.method === "GET" || served.method === "HEAD") return true;
  served.refuse(new Refusal(405, "Files are served for GET and HEAD alone.", ALLOW));
  return false;
}

type Conditions = Readonly<Record<string, string>>;

const NO_CONDITIONS: Conditions = Object.freeze({});

function conditions(rawHeaders: readonly string[]): Conditions {
  let headers: Record<string, string> | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    if (!CONDITIONS.has(name)) continue;
    headers ??= Object.create(null) as Record<string, string>;
    const value = rawHeaders[at + 1] ?? "";
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers ?? NO_CONDITIONS;
}

function sendCached(served: ServedRequest, { rawHeaders, bytes }: CachedFile): void {
  const { response } = served;
  response.start(200, [...rawHeaders]);
  if (served.method !== "HEAD") response.write(bytes, kept);
  response.end();
  served.settle();
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

/** A file descriptor; undefined when the file cannot be opened. */
function opened(path: Buffer): Promise<number | undefined> {
  return new Promise((resolve) => open(path, FLAGS, (error, fd) => resolve(error === null ? fd : undefined)));
}

/** For bytes that nobody changes: nothing waits for them to come back. */
function kept(): void {}

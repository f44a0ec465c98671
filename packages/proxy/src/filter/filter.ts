import { ParamList } from "@x/protocol";
import { type StaticMetaVariables, addMetaVariables, staticMetaVariables } from "@x/protocol/cgi";

import type { ResolvedFilterRoute } from "../config/filter-config.ts";
import { type ExchangeRules, FastCGIExchange } from "../handlers/fastcgi-exchange.ts";
import type { FastCGIContext } from "../handlers/fastcgi.ts";
import type { Handler } from "../handlers/handler.ts";
import { redirectToFolder } from "../handlers/slash-redirect.ts";
import type { CollectingRules } from "../http/body-collector.ts";
import { bodyPace } from "../http/body-watch.ts";
import { collectBody } from "../http/collect-body.ts";
import { describeRequest } from "../http/describe-request.ts";
import { Refusal, deniedPath } from "../http/refusal.ts";
import { ResponseWithHeaders } from "../http/response-with-headers.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { SpooledBody } from "../http/spooled-body.ts";
import type { DenyList } from "../routing/deny-list.ts";
import { type FileRules, findFile } from "../routing/find-file.ts";
import { isScriptName } from "../routing/hidden-names.ts";
import { belowMount } from "../routing/mount.ts";
import type { RootFolder } from "../routing/root-folder.ts";
import { toBytes } from "../to-bytes.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import { FileSource } from "./file-source.ts";
import { type FileValidators, fileValidators, isUnchanged, validatorFields } from "./file-validators.ts";
import { type OpenFile, openFile, readWhole } from "./open-file.ts";

const NOT_FOUND = new Refusal(404, "No file of this route answers the path.");
const UNSTEADY = new Refusal(503, "The file became shorter while it was read.", ["Retry-After", "1"]);

/** Files up to here are read at once, so that the request can be repeated on another connection; larger ones are read as they are sent. */
const SMALL = 65_536;

/** Sends files of a folder through an application: what may be sent is decided here, as for files that are served as they are. */
export class FilterHandler implements Handler {
  readonly #route: ResolvedFilterRoute;
  readonly #folder: RootFolder;
  readonly #rules: FileRules;
  readonly #mount: string;
  readonly #exchanges: ExchangeRules;
  readonly #collecting: CollectingRules;
  readonly #fixed: StaticMetaVariables;
  readonly #root: string;
  readonly #salt: string;

  /** @param denied paths of the route that nobody gets */
  constructor(
    route: ResolvedFilterRoute,
    upstream: Upstream,
    { limits, timeouts, spool, mount }: FastCGIContext,
    folder: RootFolder,
    denied: DenyList | undefined,
  ) {
    this.#route = route;
    this.#folder = folder;
    this.#rules = { extensions: [], index: route.index, tryFiles: ["{path}", "{path}/"], denied };
    this.#mount = mount;
    this.#exchanges = { upstream, limits, spool, store: true };
    this.#collecting = { limit: limits.body, pace: bodyPace(limits, timeouts), spool };
    this.#root = folder.bytes;
    const params = [...route.params].map(([name, value]): [string, string] => [name, toBytes(value)]);
    if (route.script !== undefined) params.unshift(["SCRIPT_FILENAME", toBytes(route.script)]);
    const documentRoot = this.#root === "" ? "/" : this.#root;
    this.#fixed = staticMetaVariables({ serverSoftware: "x-proxy", documentRoot, params });
    this.#salt = JSON.stringify([route.version, route.upstream, route.script, params]);
  }

  handle(served: ServedRequest): void {
    const path = belowMount(served.path, this.#mount);
    if (path === "") {
      redirectToFolder(served);
      return;
    }
    findFile(this.#folder, this.#rules, path, (found) => {
      if (served.settled) return;
      if (found.kind === "file") this.#open(served, found.path);
      else if (found.kind === "folder") redirectToFolder(served);
      else if (found.kind === "denied") served.refuse(deniedPath(found.reason));
      else served.refuse(NOT_FOUND);
    });
  }

  #open(served: ServedRequest, path: string): void {
    if (isScriptName(path, this.#route.neverServe)) {
      served.refuse(NOT_FOUND, { advice: "This is a script, and no route runs it: scripts are never sent as text." });
      return;
    }
    // The body first: a file should be as new as can be when it is sent, and no slow client should keep it open.
    collectBody(served, this.#collecting, (body) => {
      openFile(this.#folder, path, (file) => {
        if (file === undefined || served.settled) {
          if (file !== undefined) new FileSource(file).release();
          if (body instanceof SpooledBody) body.release();
          served.refuse(NOT_FOUND);
        } else this.#opened(served, path, file, body);
      });
    });
  }

  #opened(served: ServedRequest, path: string, file: OpenFile, body: Uint8Array | SpooledBody | undefined): void {
    const reads = served.method === "GET" || served.method === "HEAD";
    const validators = reads && this.#route.validators ? fileValidators(file, this.#salt, Date.now()) : undefined;
    if (validators !== undefined && isUnchanged(served.rawHeaders, validators)) {
      new FileSource(file).release();
      if (body instanceof SpooledBody) body.release();
      served.response.start(304, ["ETag", validators.etag, "Last-Modified", validators.lastModified]);
      served.response.end();
      served.settle();
    } else if (file.size > SMALL) this.#ask(served, path, file, body, new FileSource(file), validators);
    else {
      readWhole(file, (bytes) => {
        if (bytes !== undefined && !served.settled) this.#ask(served, path, file, body, bytes, validators);
        else {
          if (body instanceof SpooledBody) body.release();
          served.refuse(UNSTEADY);
        }
      });
    }
  }

  #ask(
    served: ServedRequest,
    path: string,
    file: OpenFile,
    body: Uint8Array | SpooledBody | undefined,
    data: Uint8Array | FileSource,
    validators: FileValidators | undefined,
  ): void {
    if (validators !== undefined) {
      served.response = new ResponseWithHeaders(served.response, (status, headers) =>
        validatorFields(validators, status, headers),
      );
    }
    try {
      const exchange = new FastCGIExchange(served, this.#exchanges, this.#route.script);
      exchange.start(this.#params(served, path, file, body?.length), body, { role: "filter", data });
    } catch (error) {
      // Something in the request cannot be said in params.
      if (body instanceof SpooledBody) body.release();
      if (data instanceof FileSource) data.release();
      served.fail(error, this.#route.upstream);
    }
  }

  #params(served: ServedRequest, path: string, file: OpenFile, contentLength: number | undefined): ParamList {
    const params = new ParamList(this.#fixed.encoded);
    const description = describeRequest(served);
    description.scriptName = this.#mount;
    description.pathInfo = path;
    description.documentRoot = this.#root;
    description.contentLength = contentLength;
    description.params = new Map([
      ...(served.variables ?? []),
      ["FCGI_DATA_LENGTH", String(file.size)],
      ["FCGI_DATA_LAST_MOD", String(file.changed / 1_000_000_000n)],
    ]);
    addMetaVariables(params, description, this.#fixed);
    return params;
  }
}

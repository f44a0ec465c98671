import { basename, dirname } from "node:path";

import type { BodySource, DispatchController, DispatchHandler, DispatchOptions } from "@x/client";
import { ParamList } from "@x/protocol";
import { addMetaVariables } from "@x/protocol/cgi";

import type { ResolvedCgiRoute } from "../config/cgi-config.ts";
import { FastCGIExchange } from "../handlers/fastcgi-exchange.ts";
import type { FastCGIContext } from "../handlers/fastcgi.ts";
import type { Handler } from "../handlers/handler.ts";
import type { CollectingRules } from "../http/body-collector.ts";
import { bodyPace } from "../http/body-watch.ts";
import { collectBody } from "../http/collect-body.ts";
import { describeRequest } from "../http/describe-request.ts";
import { Refusal, deniedPath } from "../http/refusal.ts";
import type { ServedRequest } from "../http/served-request.ts";
import { SpooledBody } from "../http/spooled-body.ts";
import { type Account, chooseAccount } from "../processes/account.ts";
import { findSetpriv, launchCommand } from "../processes/launcher.ts";
import type { DenyList } from "../routing/deny-list.ts";
import { belowMount } from "../routing/mount.ts";
import type { RootFolder } from "../routing/root-folder.ts";
import { toBytes } from "../to-bytes.ts";
import type { ExchangeTarget } from "../upstreams/exchange-target.ts";
import { baseEnvironment, bytesToText, runEnvironment } from "./cgi-environment.ts";
import type { CgiPool } from "./cgi-pool.ts";
import { findProgram } from "./find-program.ts";

const NOT_FOUND = new Refusal(404, "No program of this route answers the path.");

/** Starts a program for each request of a route. Its body is collected first: no slow client holds a process. */
export class CgiHandler implements Handler {
  readonly #route: ResolvedCgiRoute;
  readonly #pool: CgiPool;
  readonly #context: FastCGIContext;
  readonly #collecting: CollectingRules;
  readonly #folder: RootFolder | undefined;
  readonly #denied: DenyList | undefined;
  readonly #account: Account | undefined;
  readonly #setpriv: string | undefined;
  readonly #base: ReadonlyMap<string, string>;
  /** What the configuration sets, over all meta-variables; latin-1. */
  readonly #configured: ReadonlyMap<string, string>;

  /**
   * @param folder that of the programs, when each path has its own
   * @param denied paths of the route that nobody gets
   * @throws FastCGIError `FCGI_ERR_CONFIG` when the user that the programs are to run as is out of reach
   */
  constructor(
    route: ResolvedCgiRoute,
    pool: CgiPool,
    context: FastCGIContext,
    folder: RootFolder | undefined,
    denied: DenyList | undefined,
  ) {
    const { limits, timeouts, spool } = context;
    this.#route = route;
    this.#pool = pool;
    this.#context = context;
    this.#collecting = { limit: limits.body, pace: bodyPace(limits, timeouts), spool };
    this.#folder = folder;
    this.#denied = denied;
    const [program = "/"] = route.program;
    this.#account = chooseAccount({ configured: route.user, root: route.root ?? dirname(program), key: "cgi.user" });
    // Only for the change of user: it costs each request the start of one more program.
    this.#setpriv = this.#account === undefined ? undefined : findSetpriv();
    this.#base = baseEnvironment(process.env, route.environment);
    const set = [...route.environment].filter((entry): entry is [string, string] => entry[1] !== true);
    this.#configured = new Map(set.map(([name, value]) => [name, toBytes(value)]));
  }

  handle(served: ServedRequest): void {
    const { mount } = this.#context;
    const { program } = this.#route;
    const path = belowMount(served.path, mount);
    const pattern = this.#denied?.find(path);
    if (pattern !== undefined) served.refuse(deniedPath(`${JSON.stringify(pattern)} stands in deny of the route`));
    else if (this.#folder === undefined) this.#run(served, program, mount, path);
    else {
      const folder = this.#folder;
      findProgram(folder, path, (found) => {
        const file = found === undefined ? undefined : bytesToText(folder.bytes + found.path);
        if (served.settled) return;
        if (found === undefined || file === undefined) served.refuse(NOT_FOUND);
        else this.#run(served, [file], mount + found.path, found.pathInfo);
      });
    }
  }

  #run(served: ServedRequest, command: readonly string[], scriptName: string, pathInfo: string): void {
    collectBody(served, this.#collecting, (body) => {
      try {
        const [file = ""] = command;
        const params = this.#params(served, file, scriptName, pathInfo, body?.length ?? 0);
        const { limits, spool } = this.#context;
        const target = this.#target(command, runEnvironment(this.#base, params));
        new FastCGIExchange(served, { upstream: target, limits, spool, store: true }, undefined).start(params, body);
      } catch (error) {
        // Something in the request cannot be said in variables.
        if (body instanceof SpooledBody) body.release();
        served.fail(error);
      }
    });
  }

  #params(served: ServedRequest, file: string, scriptName: string, pathInfo: string, contentLength: number): ParamList {
    const { documentRoot } = this.#route;
    const description = describeRequest(served);
    description.serverSoftware = "x-proxy";
    description.scriptName = scriptName;
    description.scriptFilename = toBytes(file);
    description.pathInfo = pathInfo;
    description.documentRoot = documentRoot === undefined ? undefined : toBytes(documentRoot);
    // Without a body there is none, and a program must not wait for one (RFC 3875 §4.1.2).
    description.contentLength = contentLength > 0 || served.contentLength !== 0 ? contentLength : undefined;
    description.params = new Map([...(served.variables ?? []), ...this.#configured]);
    const params = new ParamList();
    addMetaVariables(params, description);
    return params;
  }

  /** A program of its own for one request, in the shape of an upstream. */
  #target(command: readonly string[], environment: Record<string, string>): ExchangeTarget {
    const [file = ""] = command;
    const { time, output, nph } = this.#route;
    const { firstByte, idle } = this.#context.timeouts;
    return {
      name: basename(file),
      multiplexes: false,
      dispatch: ({ stdin }: DispatchOptions, handler: DispatchHandler): DispatchController =>
        this.#pool.dispatch(
          {
            launch: launchCommand(command, this.#account, this.#setpriv),
            cwd: dirname(file),
            environment,
            nph: nph && basename(file).startsWith("nph-"),
            limits: { time, firstByte, idle, output },
          },
          stdin as Uint8Array | BodySource | undefined,
          handler,
          file,
        ),
    };
  }
}

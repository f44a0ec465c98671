import { FastCGIError } from "@x/protocol/errors";

import { runAdminCommand } from "../admin/admin-command.ts";
import { expandConfig } from "../config/expand.ts";
import { loadConfig } from "../config/load.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import { loadHandlers } from "../embedded/load-handler.ts";
import { requireRoots } from "../require-roots.ts";
import { withFunctions } from "../supervisor/function-places.ts";
import { ListenSocket } from "../supervisor/listen-socket.ts";
import { sentError } from "../supervisor/worker-messages.ts";
import type { AdminQuestion, FromWorker, ToWorker, WorkerOrders } from "../supervisor/worker-messages.ts";
import { SentFiles } from "../tls/sent-files.ts";
import { dropPrivileges } from "../worker/drop-privileges.ts";
import { probeUpstreams } from "../worker/probe-upstreams.ts";
import { Worker } from "../worker/worker.ts";
import { logAccess } from "./log-access.ts";
import { logCertificates } from "./log-certificates.ts";
import { logPeers } from "./log-peers.ts";
import { logProcesses } from "./log-processes.ts";
import { logRequests } from "./log-requests.ts";
import { Log } from "./log.ts";
import { Output } from "./output.ts";

/** Milliseconds that the last lines get to be read. */
const LAST_LINES = 1_000;

/**
 * The worker of an `x-proxy` that root started, in a process of its own: becomes its user, and serves on the sockets that it inherited
 * until its supervisor says to end, or is gone.
 *
 * @internal
 */
export async function runWorker(): Promise<void> {
  if (process.send === undefined) {
    console.error("x-proxy-worker is started by x-proxy: run `x-proxy serve`.");
    process.exitCode = 2;
    return;
  }
  process.title = "x-proxy: worker";
  // These belong to the supervisor: a terminal and a service manager send them to both.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.once("disconnect", () => process.exit(1));
  // While we are root: afterwards a pipe or a terminal of root's cannot be opened anew, which Output does.
  const out = new Output(1);
  const err = new Output(2);
  const inbox = new Inbox();
  const orders = await inbox.orders;
  try {
    dropPrivileges(orders.account);
    await serve(orders, inbox, out, err);
  } catch (error) {
    await tell({ type: "failed", error: sentError(error) });
    process.exitCode = 1;
  }
  await Promise.all([out.close(LAST_LINES), err.close(LAST_LINES)]);
  process.removeAllListeners("disconnect");
  process.disconnect();
}

async function serve(orders: WorkerOrders, inbox: Inbox, out: Output, err: Output): Promise<void> {
  const { json, verbose, accessLog } = orders;
  const log = new Log({ out, err, json });
  const config = await completed(orders);
  const access = logAccess(config.log.access, log, out, accessLog);
  const endLogs = [logProcesses(log, verbose), logRequests(log, verbose), logPeers(log), logCertificates(log)];
  try {
    await serveUntilTold(config, orders, inbox, log, () => access.reopen());
  } finally {
    for (const endLog of endLogs) endLog();
    await access.end();
  }
}

async function serveUntilTold(
  config: ResolvedConfig,
  { sockets, managed, tlsFiles }: WorkerOrders,
  inbox: Inbox,
  log: Log,
  reopen: () => void,
): Promise<void> {
  requireRoots(config);
  await loadHandlers(config);
  let start = (): void => undefined;
  const files = new SentFiles(tlsFiles);
  const worker = new Worker(config, new Promise<void>((resolve) => (start = resolve)), files);
  const listening = await listen(config, sockets, worker);
  const stop = async (): Promise<void> => {
    await Promise.all(listening.splice(0).map((socket) => socket.close()));
  };
  void probeUpstreams(config.upstreams.values(), new Set(managed));
  for (const warning of worker.certificateWarnings) log.write("warn", warning);
  await tell({ type: "listening" });
  await new Promise<void>((resolve) => {
    inbox.take((message) => {
      if (message.type === "started") start();
      else if (message.type === "admin") void answer(worker, message);
      else if (message.type === "reopen") reopen();
      else if (message.type === "tls-files") {
        files.replace(message.files);
        if (message.atOnce) worker.reloadCertificates();
      } else if (message.type === "close") resolve();
      else if (message.type === "stop") {
        void stop().then(() => {
          worker.endConnections();
          return tell({
            type: "counts",
            connections: worker.connections,
            requests: worker.requests,
            refused: worker.refused,
          });
        });
      }
    });
  });
  start();
  await stop();
  await worker.close();
}

async function answer(worker: Worker, { id, command }: AdminQuestion): Promise<void> {
  try {
    await tell({ type: "admin", id, status: await runAdminCommand(worker, command) });
  } catch (error) {
    await tell({ type: "admin", id, error: sentError(error) });
  }
}

/** What the supervisor says, kept until somebody wants to know. */
class Inbox {
  readonly orders: Promise<WorkerOrders>;
  readonly #waiting: ToWorker[] = [];
  #taker: ((message: ToWorker) => void) | undefined;

  constructor() {
    this.orders = new Promise((resolve) => {
      process.on("message", (message: ToWorker) => {
        if (message.type === "serve") resolve(message);
        else if (this.#taker === undefined) this.#waiting.push(message);
        else this.#taker(message);
      });
    });
  }

  take(taker: (message: ToWorker) => void): void {
    this.#taker = taker;
    for (const message of this.#waiting.splice(0)) taker(message);
  }
}

async function listen(config: ResolvedConfig, sockets: readonly number[], worker: Worker): Promise<ListenSocket[]> {
  const listening: ListenSocket[] = [];
  for (const [index, wanted] of config.listen.entries()) {
    const fd = sockets[index];
    if (fd === undefined)
      throw new FastCGIError("FCGI_ERR_LISTEN", `no socket came for ${wanted.text}.`, { phase: "listen" });
    listening.push(await ListenSocket.adopt(fd, wanted, (socket) => worker.accept(socket, index)));
  }
  return listening;
}

/** The configuration with its functions: they cannot be sent, so that its file is read again, as the worker's user. */
async function completed({ config, file }: WorkerOrders): Promise<ResolvedConfig> {
  if (file === undefined) return config;
  const again = await loadConfig(file);
  return withFunctions(config, expandConfig(again.config, again.source));
}

function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}

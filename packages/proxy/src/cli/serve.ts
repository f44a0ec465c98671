import { isFastCGIError } from "@x/protocol/errors";

import type { AdminServer } from "../admin/admin-server.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { PhpSearch } from "../php/php-search.ts";
import { chooseAccount } from "../processes/account.ts";
import { createProxyServer } from "../server.ts";
import type { ProxyServer } from "../server.ts";
import { handleSignals } from "../supervisor/signals.ts";
import { connectionsThatFit, filesFor } from "../worker/open-files.ts";
import type { Arguments } from "./arguments.ts";
import { writeBanner } from "./banner.ts";
import { commandConfig, notesOnUnread } from "./command-config.ts";
import { notesOnExposure } from "./exposed-files.ts";
import type { Program } from "./failure.ts";
import { logAccess } from "./log-access.ts";
import { logCertificates } from "./log-certificates.ts";
import { logPeers } from "./log-peers.ts";
import { logProcesses } from "./log-processes.ts";
import { logRequests } from "./log-requests.ts";
import { logWorker, passReopen } from "./log-worker.ts";
import type { Log } from "./log.ts";
import { openAdmin } from "./open-admin.ts";
import type { Output } from "./output.ts";
import { phpFileIn } from "./php-files.ts";

/**
 * Serves until a signal ends it.
 *
 * @param out stdout, for an access log
 * @param search where `--php auto` looks
 * @throws what `describeFailure` explains, when it cannot start; then nothing is left behind
 */
export async function serve(
  args: Arguments,
  log: Log,
  program: Program,
  search: PhpSearch,
  out: Output,
): Promise<void> {
  const { config, php, file } = await commandConfig(args, search, false);
  const account = chooseAccount({ configured: config.user, root: undefined, key: "user" });
  const { json, verbose } = args;
  const workerProcess = account && { account, file, json, verbose };
  const server = createProxyServer(config, { workerProcess });
  const endLogs: (() => unknown)[] =
    workerProcess === undefined
      ? [logRequests(log, verbose), logPeers(log), logCertificates(log), logAccess(config.log.access, log, out).end]
      : [logWorker(log), passReopen(server, log)];
  endLogs.push(logProcesses(log, verbose));
  const end = untilSignal(server, log);
  let admin: AdminServer | undefined;
  try {
    await server.listen();
    admin = await openAdmin(server, args.admin, log);
    const notes = [...notesOnExposure(config, file), ...notesOnUnread(args, file)];
    writeBanner(log, server, php, notes, { config: file, admin: admin?.path });
    warnOfStart(config, log, program);
    for (const warning of server.certificateWarnings) log.write("warn", warning);
    await end.stopped;
  } catch (error) {
    // A signal came while it was starting; a terminal sends one to the worker, too, which may not ignore it yet.
    if (!end.asked() && !isFastCGIError(error, "FCGI_ERR_CLOSED")) {
      await server.destroy();
      throw error;
    }
    await end.stopped;
  } finally {
    admin?.close();
    end.dispose();
    for (const endLog of endLogs) await endLog();
  }
}

/** What works, but may not be what the user wants. */
function warnOfStart(config: ResolvedConfig, log: Log, program: Program): void {
  const { root, limits } = config;
  const fit = connectionsThatFit();
  if (limits.connections !== Infinity && limits.connections > fit) {
    log.write(
      "warn",
      `limits.connections is ${limits.connections}, and ${fit} fit into the files that this process may open: raise \`ulimit -n\` (LimitNOFILE= of systemd) to ${filesFor(limits.connections)}`,
    );
  }
  if (root === undefined || config.upstreams.size > 0) return;
  const file = phpFileIn(root);
  if (file !== undefined) {
    log.write(
      "warn",
      `${root} has PHP files such as ${file}, which are not served without PHP: let one be found or started: ${program.serve} ${root} --php auto`,
    );
  }
}

/** Ends the server on the first signal in order, on the second at once. */
function untilSignal(server: ProxyServer, log: Log): { stopped: Promise<void>; asked(): boolean; dispose(): void } {
  let asked = false;
  let resolve = (): void => undefined;
  const stopped = new Promise<void>((done) => (resolve = done));
  const dispose = handleSignals({
    stop: async (signal) => {
      asked = true;
      const { requests } = await server.stopAccepting();
      const waiting =
        requests === 0
          ? ""
          : `, waiting for ${requests} ${requests === 1 ? "request" : "requests"} up to ${server.config.shutdown.grace / 1_000} s (again: at once)`;
      log.write("info", `${signal}: stopping${waiting}`, { event: "stopping", signal, requests });
      await server.close();
      log.write("info", "stopped", { event: "stopped" });
      resolve();
    },
    cut: (signal) => {
      log.write("warn", `${signal} again: stopping at once`, { event: "cut", signal });
      void server.destroy();
    },
    reload: (signal) => {
      // What came of it is published.
      if (server.reloadCertificates()) return;
      log.write("info", `${signal} ignored: there is nothing to reload yet; SIGTERM stops the server`, {
        event: "ignored",
        signal,
      });
    },
  });
  return { stopped, asked: () => asked, dispose };
}

/** Something that can be told to stop. */
export interface Stoppable {
  close(): Promise<void>;
  destroy(): Promise<void>;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** The servers of this process that stop by signal, with the time each gives its requests. */
const servers = new Map<Stoppable, number>();
let stopping = false;

/**
 * Stops `server` when the process is asked to (FastCGI 1.0 §7): on the first SIGTERM or SIGINT all
 * servers of the process finish their requests, on a second one or after `grace` ms (0: never) they
 * are cut; then the process exits with status 0, "on purpose".
 *
 * @returns takes the server out again
 */
export function stopOnSignals(server: Stoppable, grace: number): () => void {
  if (servers.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal);
  servers.set(server, grace);
  return () => {
    if (!servers.delete(server) || servers.size > 0 || stopping) return;
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

function onSignal(): void {
  const all = [...servers];
  if (stopping) {
    for (const [server] of all) void server.destroy();
    return;
  }
  stopping = true;
  void Promise.all(all.map(([server, grace]) => closeWithin(server, grace))).then(() => process.exit(0));
}

async function closeWithin(server: Stoppable, grace: number): Promise<void> {
  if (grace > 0) setTimeout(() => void server.destroy(), grace).unref();
  await server.close();
}

import { groupRuns, identify, isRunning } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** How often, in milliseconds, to look whether a process that is not our child has ended: the kernel tells only parents. */
const POLL_INTERVAL = 20;

/** Sends a signal to all processes of a group. @returns false when the group has none left */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends what a leader that has ended left behind, such as the workers of a php-fpm master that was killed: they would hold
 * the listening socket.
 *
 * A number stays taken while a group of that number lives, so a running process of the number means that the group is gone
 * and the number belongs to a stranger.
 */
export function killLeftGroup(leader: number): void {
  if (identify(leader) === undefined) signalGroup(leader, "SIGKILL");
}

/** Resolves when no process of the group runs any more. */
export async function groupEnded(leader: number): Promise<void> {
  while (groupRuns(leader)) await pause(POLL_INTERVAL);
}

/** Ends a process that an earlier run of ours started, with its group: SIGTERM, then SIGKILL after `grace` milliseconds. */
export async function stopStrayGroup(leader: ProcessIdentity, grace: number): Promise<void> {
  if (!isRunning(leader)) return;
  signalGroup(leader.pid, "SIGTERM");
  const end = performance.now() + grace;
  while (isRunning(leader) && performance.now() < end) await pause(POLL_INTERVAL);
  if (isRunning(leader)) signalGroup(leader.pid, "SIGKILL");
  else killLeftGroup(leader.pid);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

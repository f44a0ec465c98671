import type { PeerStatus, ProxyStatus, UpstreamStatus } from "../admin/status.ts";
import type { ProcessStatus } from "../processes/managed-process.ts";
import { escapeControls } from "./escape.ts";

/**
 * What a running program does, for people.
 *
 * @param now milliseconds since 1970
 */
export function statusTable(status: ProxyStatus, now: number): string[] {
  const { version, pid, workerPid, startedAt, addresses, connections, active, requests, upstreams, processes } = status;
  const worker = workerPid === undefined ? ", whose worker starts again" : ` (worker ${workerPid})`;
  const counts = [count(connections, "connection"), `${active} running`, `${count(requests, "request")} taken`];
  return [
    `x-proxy ${version}, process ${pid}${workerPid === pid ? "" : worker}, up ${duration(now - startedAt)}`,
    `  ${[...addresses, ...counts].join(", ")}`,
    ...section(PEERS, upstreams.flatMap(peerRows)),
    ...section(
      PROCESSES,
      processes.map((process) => processRow(process, now)),
    ),
  ].map((line) => escapeControls(line));
}

const PEERS = ["UPSTREAM", "WAIT", "RETRIES", "PEER", "STATE", "ACTIVE", "WEIGHT", "REQUESTS", "SHARE", "FAILS"];
const PROCESSES = ["PROCESS", "STATE", "PID", "UP", "RESTARTS", "LISTENS ON", "LAST END"];

function peerRows({ name, queued, queue, retries, peers }: UpstreamStatus): string[][] {
  const sum = peers.reduce((all, peer) => all + peer.requests, 0);
  return peers.map((peer, index) => [
    ...(index === 0 ? [name, `${queued}/${queue}`, String(retries)] : ["", "", ""]),
    peer.address,
    peer.state,
    peer.capacity === undefined ? String(peer.active) : `${peer.active}/${peer.capacity}`,
    weightOf(peer),
    String(peer.requests),
    sum === 0 ? "-" : percent(peer.requests / sum),
    String(peer.fails),
  ]);
}

/** `2`, `2 backup`, and `2 at 35 %` while it starts slowly. */
function weightOf({ weight, slowStart, backup, state }: PeerStatus): string {
  const slowly = slowStart < 1 && state !== "drained" ? ` at ${percent(slowStart)}` : "";
  return `${weight}${slowly}${backup ? " backup" : ""}`;
}

function processRow(
  { name, state, pid, startedAt, restarts, address, lastExit }: ProcessStatus,
  now: number,
): string[] {
  const up = startedAt === undefined || pid === undefined ? "-" : duration(now - startedAt);
  return [name, state, String(pid ?? "-"), up, String(restarts), address, lastExit ?? ""];
}

/** Columns as wide as what is in them; nothing without rows. */
function section(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const all = [head, ...rows];
  const widths = head.map((_title, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return ["", ...lines.map((line) => line.trimEnd())];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** `12 s`, `5 min`, `3 h 20 min`, `2 d 3 h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

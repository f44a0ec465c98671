import type { PeerStatus, ProxyStatus, UpstreamStatus } from "../admin/status.ts";
import { didYouMean } from "../config/nearest-name.ts";
import type { PhpSearch } from "../php/php-search.ts";
import type { Arguments } from "./arguments.ts";
import { adminSocket, askAdmin } from "./ask-admin.ts";
import { statusTable } from "./status-table.ts";
import { UsageError } from "./usage-error.ts";

/** Shows what a running program does. @throws UsageError as {@link adminSocket} */
export async function status(args: Arguments): Promise<string[]> {
  const answer = await ask(await adminSocket(args.admin));
  return args.json ? [JSON.stringify(answer)] : statusTable(answer, Date.now());
}

/** Takes an address out. Resolves when the requests that it had have ended. @throws UsageError when there is none such */
export async function drain(args: Arguments, _search: PhpSearch, say: (line: string) => void): Promise<string[]> {
  const { socket, upstream, peer } = await find(args);
  const { address, state, active } = peer;
  if (state !== "drained") {
    if (active > 0 && !args.json)
      say(`waiting for ${active} ${active === 1 ? "request" : "requests"} at ${address}; new ones go elsewhere`);
    await askAdmin(socket, "POST", target("/drain", upstream.name, address));
  }
  if (args.json) return [JSON.stringify({ upstream: upstream.name, address, state: "drained" })];
  const back = `\`x-proxy restore ${upstream.name} ${address}\` brings it back`;
  return [`${address} of ${upstream.name} is drained${state === "drained" ? " already" : ""}: ${back}`];
}

/** Brings back an address that was drained. @throws UsageError when there is none such */
export async function restore(args: Arguments): Promise<string[]> {
  const { socket, upstream, peer } = await find(args);
  const { address } = peer;
  const out = peer.state === "drained" || peer.state === "draining";
  if (out) await askAdmin(socket, "POST", target("/restore", upstream.name, address));
  if (args.json) return [JSON.stringify({ upstream: upstream.name, address, state: out ? "healthy" : peer.state })];
  const how = out ? "takes requests again, slowly at first" : "was not drained: it takes requests";
  return [`${address} of ${upstream.name} ${how}`];
}

interface Found {
  readonly socket: string;
  readonly upstream: UpstreamStatus;
  readonly peer: PeerStatus;
}

async function find({ admin, peer: wanted }: Arguments): Promise<Found> {
  const socket = await adminSocket(admin);
  const [name, text] = wanted ?? ["", ""];
  const { upstreams, processes } = await ask(socket);
  const names = upstreams.map((upstream) => upstream.name);
  const upstream = upstreams.find((one) => one.name === name);
  if (upstream === undefined)
    throw new UsageError(`there is no upstream ${JSON.stringify(name)}.${hint(name, names, "There are")}`);
  const ofProcess = processes.find((process) => process.name === text)?.address;
  const peer = upstream.peers.find(
    ({ address }) => address === text || address === ofProcess || withoutScheme(address) === text,
  );
  const known = upstream.peers.map(({ address }) => address);
  if (peer === undefined)
    throw new UsageError(`${upstream.name} has no ${JSON.stringify(text)}.${hint(text, known, "It has")}`);
  return { socket, upstream, peer };
}

function hint(text: string, known: readonly string[], has: string): string {
  if (known.length === 0) return " There is none.";
  return didYouMean(text, known) || ` ${has} ${known.join(", ")}.`;
}

/** `/run/app.sock` of `unix:/run/app.sock`, `10.0.0.1:9000` of `scgi+tcp://10.0.0.1:9000`. */
function withoutScheme(address: string): string {
  return address.replace(/^(?:scgi\+)?(?:unix:|tcp:\/\/)/, "");
}

function target(path: string, upstream: string, address: string): string {
  return `${path}?${new URLSearchParams({ upstream, address }).toString()}`;
}

async function ask(socket: string): Promise<ProxyStatus> {
  return (await askAdmin(socket, "GET", "/status")) as ProxyStatus;
}

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const LOWEST = 10_240;

/** Below this the system gives no port to whoever connects or asks for any: what is free here stays free, and nobody connects to itself. */
function lowestEphemeral(): number {
  try {
    const lowest = Number.parseInt(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "latin1"), 10);
    if (lowest > LOWEST + 1_000) return lowest;
  } catch {
    // Not Linux.
  }
  return 32_768;
}

const PORTS = lowestEphemeral() - LOWEST;

/** Test files run side by side, and each begins to look elsewhere. */
let next = (process.pid * 64) % PORTS;

/** The first of `count` TCP ports of 127.0.0.1 in a row for programs that cannot say which one they got: nobody listens there, and no other test gets them while this one runs. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < PORTS; tries++) {
    if (next + count > PORTS) next = 0;
    const first = LOWEST + next;
    let claimed = 0;
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    while (claimed < count && (await claim(first + claimed))) claimed++;
    next += claimed + 1;
    if (claimed === count) return first;
  }
  throw new Error(`127.0.0.1 has no ${count} free ports in a row from ${LOWEST} to ${LOWEST + PORTS}.`);
}

/** One such port. */
export function freePort(): Promise<number> {
  return freePorts(1);
}

/** Takes a port as long as this process lives: that of UDP stands for that of TCP, which the program will listen on. */
async function claim(port: number): Promise<boolean> {
  const sign = createSocket("udp4").unref();
  try {
    sign.bind({ port, address: "127.0.0.1", exclusive: true });
    await once(sign, "listening");
  } catch {
    sign.close();
    return false;
  }
  if (await nobodyListens(port)) return true;
  sign.close();
  return false;
}

function nobodyListens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

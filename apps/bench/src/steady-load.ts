import { setTimeout as delay } from "node:timers/promises";

/** One request of a {@link steadyLoad}. */
export interface Timed {
  /** ms that it took where it ran */
  ran: number;
  /** ms that it took beyond that, from the client's side: it waited. */
  waited: number;
  failed: boolean;
}

/**
 * Clients that ask again when they are answered, for some seconds; the page says how many ms it took.
 *
 * @param pause ms that they wait before each request at most: 0 is at once
 */
export async function steadyLoad(url: string, clients: number, seconds: number, pause = 0): Promise<Timed[]> {
  const end = performance.now() + seconds * 1_000;
  const seen = await Promise.all(Array.from({ length: clients }, () => oneClient(url, end, pause)));
  return seen.flat();
}

async function oneClient(url: string, end: number, pause: number): Promise<Timed[]> {
  const seen: Timed[] = [];
  while (performance.now() < end) {
    if (pause > 0) await delay(Math.random() * pause);
    const begin = performance.now();
    const response = await fetch(url);
    const ran = Number(await response.text());
    const whole = performance.now() - begin;
    const failed = response.status !== 200 || Number.isNaN(ran);
    seen.push({ ran: failed ? 0 : ran, waited: failed ? whole : whole - ran, failed });
  }
  return seen;
}

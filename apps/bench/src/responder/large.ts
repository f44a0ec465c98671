import type { Bar } from "../bar.ts";
import { driveBody } from "../drive.ts";
import { FootprintWatch } from "../footprint.ts";
import { median } from "../median.ts";
import type { Row } from "./rows.ts";

const BYTES = 2 ** 30;
const ROUNDS = 3;
/** MiB above idle that the application may take. */
const MEMORY = 32;

/** 1 GiB as a response. */
export interface LargeResult {
  name: string;
  /** MiB a second, the median. */
  speed: number;
  /** MiB of the application above idle, at most. */
  peak: number;
  /** Was it not whole, or no 200? */
  failed: boolean;
}

/** Fetches 1 GiB from those rows that have it, in turns. */
export async function measureLarge(rows: readonly Row[]): Promise<LargeResult[]> {
  const able = rows.filter(({ name }) => ["node:http", "raw", "node"].includes(name));
  const results = able.map(({ name }) => ({ name, speeds: [] as number[], peak: 0, failed: false }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { origin, application }] of able.entries()) {
      const watch = new FootprintWatch(application);
      const { seconds, bytes, status } = await driveBody("download", BYTES, `${origin}/large`);
      const result = results[index]!;
      result.speeds.push(BYTES / 2 ** 20 / seconds);
      result.peak = Math.max(result.peak, watch.stop().peak);
      result.failed ||= bytes !== BYTES || status !== 200;
    }
  }
  return results.map(({ name, speeds, peak, failed }) => ({ name, speed: median(speeds), peak, failed }));
}

/** Raw must be nearly as fast as node:http, and take no more memory than a few chunks. */
export function judgeLarge(results: readonly LargeResult[]): Bar[] {
  const raw = results.find(({ name }) => name === "raw");
  const http = results.find(({ name }) => name === "node:http");
  if (raw === undefined || http === undefined) return [];
  const ratio = raw.speed / http.speed;
  return [
    {
      what: "1 GiB as a response: raw, of node:http's speed",
      wanted: "≥ 0.90, whole",
      measured: ratio.toFixed(2),
      holds: ratio >= 0.9 && !raw.failed,
    },
    {
      what: "1 GiB as a response: memory of raw above idle",
      wanted: `≤ ${MEMORY} MiB`,
      measured: `${raw.peak.toFixed(1)} MiB`,
      holds: raw.peak <= MEMORY,
    },
  ];
}

import { expect, onTestFinished, test } from "vitest";

import { Strain } from "../../src/http/strain.ts";
import { HEAD, application } from "../support/application.ts";
import { ask } from "../support/memory-exchange.ts";
import { pass } from "../support/moved-clock.ts";

class Source {
  time = 0;
  used = 0.1;
  late = 0;
  restarts = 0;
  closed = false;
  looks = 0;
  now = (): number => this.time;
  heap = (): number => {
    this.looks++;
    return this.used;
  };
  lag = (): number => this.late;
  restart = (): void => void this.restarts++;
  close = (): void => void (this.closed = true);
}

test("[Q12] looks once a second, and what it saw holds until then", () => {
  const source = new Source();
  const strain = new Strain(200, source);
  source.late = 201;
  source.time = 999;
  expect([strain.reason, source.looks]).toEqual([undefined, 0]);
  source.time = 1_000;
  expect(strain.reason).toBe("The program is 201 ms late, the limit is limits.lag.");
  source.late = 200;
  source.time = 1_999;
  expect([strain.reason === undefined, source.looks]).toEqual([false, 1]);
  source.time = 2_000;
  expect(strain.reason).toBeUndefined();
});

test("[Q12] measures the lag anew every five seconds", () => {
  const source = new Source();
  const strain = new Strain(200, source);
  for (source.time = 0; source.time < 11_000; source.time += 500) expect(strain.reason).toBeUndefined();
  expect(source.restarts).toBe(2);
  strain.close();
  expect(source.closed).toBe(true);
});

test("[Q12] a heap that is nearly full needs no limit", () => {
  const source = new Source();
  const strain = new Strain(Infinity, source);
  source.late = 1e9;
  source.used = 0.85;
  source.time = 1_000;
  expect(strain.reason).toBeUndefined();
  source.used = 0.86;
  source.time = 2_000;
  expect(strain.reason).toMatch(/^The program uses 86 % of the memory that V8 may have: .*--max-old-space-size/);
});

/** Lets nothing else run. */
function block(ms: number): void {
  for (const until = process.hrtime.bigint() + BigInt(ms) * 1_000_000n; process.hrtime.bigint() < until;);
}

test("[Q12] a program that is late answers 503 with Retry-After, asks no application, and recovers", async () => {
  let asked = 0;
  const { gateway } = await application(
    (request) => {
      asked++;
      request.end(`${HEAD}fine`);
    },
    { config: { limits: { lag: 400 } } },
  );
  onTestFinished(() => gateway.destroy());
  let answered = 0;
  const status = async (): Promise<number> => {
    const answer = await ask(gateway, "/");
    if (answer.status === 503) expect(answer.headers.join(" ")).toContain("Retry-After 1");
    else answered++;
    return answer.status;
  };
  // Turns of the event loop that are not late come in the end, however busy the machine is.
  const fine = async (): Promise<void> => {
    while ((await status()) !== 200) await pass(1_000);
  };
  await fine();
  while ((await status()) !== 503) {
    block(600);
    await pass(1_000);
  }
  await fine();
  expect(asked).toBe(answered);
});

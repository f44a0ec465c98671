// Reloads under a load that never pauses: a worker that goes hands the connections which the web server keeps over to its successors.
import { createHash } from "node:crypto";

import { expect, onTestFinished, test } from "vitest";

import { patternBytes } from "../src/application.ts";
import { needs } from "../src/needs.ts";
import { startExampleApache, startExampleHaproxy, startExampleNginx } from "../src/peers/example-fronts.ts";
import type { StartFront } from "../src/peers/example-fronts.ts";
import { startRunning } from "../src/running-example.ts";

const RELOADS = 5;
const UPLOAD = patternBytes(100_000);
const SHA256 = createHash("sha256").update(UPLOAD).digest("hex");

test.each<[string, string, StartFront]>([
  ["nginx", "nginx", startExampleNginx()],
  ["Apache, mod_proxy_fcgi", "apache2", startExampleApache("apache-proxy-fcgi.conf", ["proxy", "proxy_fcgi"])],
  ["HAProxy", "haproxy", startExampleHaproxy],
])(
  "[f64] %s: two workers that are replaced in turn under load lose no request, five times",
  async (_name, program, front) => {
    if (!needs(program, [program])) return;
    const running = await startRunning(front, { args: ["--workers", "2", "--grace", "120", "-v"] });
    onTestFinished(() => running.stop());
    const { application } = running;
    const said = (text: string): number => application!.output().split(text).length - 1;
    const seen = new Map<string, number>();
    let turn = 0;
    let going = true;
    const ask = async (): Promise<void> => {
      while (going) {
        const post = turn++ % 2 === 1;
        const { status, body } = await running.ask("/", post ? { method: "POST", body: UPLOAD } : {});
        const whole = status === 200 && (JSON.parse(body.toString()) as { sha256: string }).sha256 === SHA256;
        const what = post ? `POST ${status} ${whole}` : `GET ${status}`;
        seen.set(what, (seen.get(what) ?? 0) + 1);
      }
    };
    const reload = async (): Promise<void> => {
      for (let count = 1; count <= RELOADS; count++) {
        process.kill(application!.pid, "SIGHUP");
        while (said("replaced its workers") < count) await running.ask("/");
        // The old ones end while the load goes on.
        while (said(": exit (0)") < 2 * count) await running.ask("/");
      }
      going = false;
    };
    await Promise.all([reload(), ...Array.from({ length: 16 }, ask)]);
    expect([...seen.keys()].toSorted()).toEqual(["GET 200", "POST 200 true"]);
  },
);

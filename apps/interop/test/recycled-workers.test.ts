// PHP-FPM that replaces its workers: each closes its kept connection right after an answer, when the next request may be on its way.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { needs } from "../src/needs.ts";
import { startPhpFpm } from "../src/peers/php-fpm.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import { socketFolder, temporaryFolder } from "../src/temporary.ts";

const WORKERS = 3;
const CLIENTS = 6;
const REQUESTS = 240;
/** Bytes of a body that is spooled: it cannot be sent twice. */
const LARGE = 70_000;

/** Each run leaves a line with the id of its request. */
const SCRIPT = `<?php
file_put_contents(__DIR__ . "/../run/ran", $_SERVER["HTTP_X_ID"] . " " . strlen(file_get_contents("php://input")) . "\\n", FILE_APPEND | LOCK_EX);
echo "ran";`;

interface Sent {
  readonly id: number;
  readonly method: string;
  readonly length: number;
}

/** What is sent in turn: mostly forms, which must not run twice, and pages, which may, each with and without a body. */
function nextRequest(id: number): Sent {
  const kinds = [
    { method: "POST", length: 20 },
    { method: "GET", length: 0 },
    { method: "POST", length: LARGE },
    { method: "PUT", length: 20 },
    { method: "GET", length: LARGE },
    { method: "DELETE", length: 0 },
  ] as const;
  return { id, ...kinds[id % kinds.length]! };
}

describe.runIf(needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]))(
  "a PHP-FPM with pm.max_requests",
  () => {
    test(
      "[Q3] [f31] no request is lost or run twice when workers are replaced under load, connections kept",
      { timeout: 120_000 },
      async () => {
        // Also when its time is over, which a `finally` would not wait for.
        const folder = temporaryFolder();
        onTestFinished(() => folder.remove());
        const site = join(folder.path, "site");
        mkdirSync(site);
        const ran = join(socketFolder(folder.path), "ran");
        writeFileSync(join(site, "index.php"), SCRIPT);
        const settings = ["pm.max_requests = 5"];
        const fpm = await startPhpFpm(folder.path, "fpm", { children: WORKERS, settings });
        onTestFinished(() => fpm.stop());
        const config = join(folder.path, "x.config.json");
        const upstreams = { php: { addresses: [fpm.address], capacity: WORKERS } };
        writeFileSync(config, JSON.stringify({ root: site, upstreams, routes: [{ php: "php" }] }));
        const proxy = await startXProxy(["--config", config]);
        onTestFinished(() => proxy.stop());
        const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
        onTestFinished(() => agent.destroy());
        const outcomes: string[] = [];
        let next = 0;
        const client = async (): Promise<void> => {
          while (next < REQUESTS) {
            const sent = nextRequest(next++);
            const outcome = await answerTo(proxy.url, agent, sent);
            if (outcome !== "200 ran") outcomes.push(`${sent.method} of ${sent.length} bytes: ${outcome}`);
          }
        };
        await Promise.all(Array.from({ length: CLIENTS }, client));
        expect(outcomes).toEqual([]);
        const runs = readFileSync(ran, "utf8").trimEnd().split("\n");
        const expected = Array.from({ length: REQUESTS }, (_, id) => `${id} ${nextRequest(id).length}`);
        expect(runs.toSorted()).toEqual(expected.toSorted());
      },
    );
  },
);

/** Status and body. */
function answerTo(url: string, agent: Agent, { id, method, length }: Sent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "X-Id": String(id), ...(length === 0 ? {} : { "Content-Length": length }) };
    const outgoing = request(url, { method, headers, agent }, (incoming: IncomingMessage) => {
      let body = "";
      incoming.setEncoding("latin1");
      incoming.on("data", (text: string) => {
        body += text;
      });
      // Cut: said in the outcome, and not waited for.
      incoming.on("error", (error) =>
        resolve(`${incoming.statusCode} ${body.split("\n", 1)[0]}, then ${error.message}`),
      );
      incoming.on("end", () => resolve(`${incoming.statusCode} ${body.split("\n", 1)[0]}`));
    });
    outgoing.on("error", reject);
    outgoing.end("x".repeat(length));
  });
}

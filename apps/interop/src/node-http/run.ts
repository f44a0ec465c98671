import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Pool } from "@x/client";
import { createServer } from "@x/responder/node";

import { askFastCGI, askHttp } from "./ask.ts";
import type { Reply } from "./ask.ts";
import { recorder, watched } from "./scenario.ts";
import type { Outcome, Scenario } from "./scenario.ts";

/** The scenario over HTTP, by node:http's own server. */
export async function overHttp(scenario: Scenario): Promise<Outcome> {
  const prepared = prepare(scenario);
  const server = createHttpServer(prepared.listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    return await prepared.finish(await askHttp(port, scenario, prepared.leaving));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The scenario over FastCGI, by ours. */
export async function overFastCGI(scenario: Scenario): Promise<Outcome> {
  const prepared = prepare(scenario);
  const server = createServer({ signals: false }, prepared.listener).listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await using pool = new Pool(`tcp://127.0.0.1:${port}`);
  try {
    return await prepared.finish(await askFastCGI(pool, scenario, prepared.leaving));
  } finally {
    server.closeAllConnections();
  }
}

interface Prepared {
  listener: (request: IncomingMessage, response: ServerResponse) => unknown;
  leaving: AbortSignal;
  finish(answer: Reply | undefined): Promise<Outcome>;
}

function prepare(scenario: Scenario): Prepared {
  const { note, notes } = recorder();
  const leaving = new AbortController();
  let settle = (_closed: Promise<void>): void => {};
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return {
    leaving: leaving.signal,
    listener(request, response) {
      settle(watched(request, response, note));
      return scenario.listener(request, response, note, () => leaving.abort());
    },
    async finish(answer) {
      await closed;
      return { notes, answer };
    },
  };
}

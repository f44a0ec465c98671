import { createRequire } from "node:module";

import { nextPort, paramsOf, placeOf } from "./cases.ts";
import type { Contender, Send } from "./contender.ts";

const require = createRequire(import.meta.url);

/** What is called of fastcgi-client. */
interface FastcgiClient {
  on(event: "ready", listener: () => void): void;
  request(params: Record<string, string>, callback: (error: unknown, request: FastcgiRequest) => void): void;
}

interface FastcgiRequest {
  stdin: NodeJS.WritableStream;
  stdout: NodeJS.ReadableStream;
}

/** fastcgi-client with a connection a request, as it is by itself. It refuses what is more than its limit instead of queueing. */
export const fastcgiClient: Contender = fromFastcgiClient("fastcgi-client", false);

/** fastcgi-client with all requests on one connection. */
export const fastcgiClientMultiplexed: Contender = {
  ...fromFastcgiClient("fastcgi-client, multiplexed", true),
  peers: "multiplexing",
};

function fromFastcgiClient(name: string, mpxsConns: boolean): Contender {
  return {
    name,
    peers: "all",
    ours: false,
    npm: true,
    prepare: (_, target, one) => {
      const make = require("fastcgi-client") as (options: object) => FastcgiClient;
      const client = make({
        sockFile: placeOf(one, target).path,
        skipCheckServer: true,
        mpxsConns,
        maxConns: 60_000,
        maxReqs: 60_000,
      });
      const ready = new Promise<void>((resolve) => client.on("ready", resolve));
      const params = paramsOf(one, target);
      const body = one.post > 0 ? Buffer.alloc(one.post, 120) : undefined;
      const send: Send = (ended) => {
        params["REMOTE_PORT"] = nextPort();
        client.request(params, (error, request) => {
          if (error !== null) return ended(-1);
          let bytes = 0;
          let head = "";
          let headBytes = -1;
          request.stdout.on("data", (chunk: Buffer) => {
            // It gives the head with the body.
            if (headBytes < 0) {
              head += chunk.toString("latin1");
              const at = head.indexOf("\r\n\r\n");
              if (at >= 0) headBytes = at + 4;
            }
            bytes += chunk.length;
          });
          request.stdout.on("end", () => ended(headBytes < 0 ? -1 : bytes - headBytes));
          if (body === undefined) request.stdin.end();
          else request.stdin.end(body);
        });
      };
      return { send: (ended) => void ready.then(() => send(ended)), close: () => {} };
    },
  };
}

/** node-phpfpm, which stands on an older fastcgi-client. It gives the body alone, as text. */
export const nodePhpfpm: Contender = {
  name: "node-phpfpm",
  // Its REQUEST_URI lacks the query, which others than PHP read there.
  peers: "php",
  ours: false,
  npm: true,
  prepare: (_, target, one) => {
    type Run = (info: object, callback: (error: unknown, output: string) => void) => void;
    const PhpFpm = require("node-phpfpm") as new (options: object) => { run: Run };
    const { path, script } = placeOf(one, target);
    const php = new PhpFpm({ sockFile: path, documentRoot: "/" });
    const body = one.post > 0 ? "x".repeat(one.post) : undefined;
    return {
      send: (ended) => {
        const info = { uri: `${script}?${one.query}`, method: one.post > 0 ? "POST" : "GET", body };
        // It makes text of the body, one character of each byte of our pattern.
        php.run(info, (error, output) => ended(error === false ? output.length : -1));
      },
      close: () => {},
    };
  },
};

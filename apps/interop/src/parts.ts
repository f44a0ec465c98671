import { once } from "node:events";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";

/** A response that comes in parts. */
export interface Parts {
  status: number;
  /** Waits until this much of the body is there, and gives it. */
  until(text: string): Promise<string>;
  /** Is all of it there? */
  ended(): boolean;
  /** All of the body, once it ended. */
  whole(): Promise<string>;
}

/** Asks for a page and gives its body as far as it has come; the signal of a test that fails ends it. */
export async function getInParts(url: string, signal: AbortSignal): Promise<Parts> {
  const [response] = (await once(get(url, { agent: false, signal }), "response")) as [IncomingMessage];
  let body = "";
  response.setEncoding("utf8");
  response.on("data", (part: string) => {
    body += part;
  });
  const end = once(response, "end");
  // Whoever waits is told; when nobody does, it is no news.
  end.catch(() => {});
  return {
    status: response.statusCode ?? 0,
    async until(text) {
      while (!body.includes(text)) {
        if (response.readableEnded) throw new Error(`It ended without ${JSON.stringify(text)}: ${body}`);
        // oxlint-disable-next-line no-await-in-loop -- one piece after the other
        await Promise.race([once(response, "data"), end]);
      }
      return body;
    },
    ended: () => response.readableEnded,
    async whole() {
      await end;
      return body;
    },
  };
}

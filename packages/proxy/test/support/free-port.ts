import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port that nobody listens on, below those that the system gives to whoever asks for any: nobody else takes it before the test
 * does, nor after the test has let it go.
 */
export async function freePort(): Promise<number> {
  for (let port = 10_240 + (process.pid % 20_000); ; port++) {
    const server = createServer();
    // oxlint-disable-next-line no-await-in-loop -- until one is free
    const free = await new Promise((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    // oxlint-disable-next-line no-await-in-loop
    if (free === true) await once(server.close(), "close");
    if (free === true) return port;
  }
}

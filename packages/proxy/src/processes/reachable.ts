import { connect } from "node:net";

import { parseApplicationAddress } from "@x/protocol/address";

/**
 * Does anybody listen at an address? One plain connection, closed at once.
 *
 * @param timeout milliseconds
 * @returns undefined when somebody does, else the system's error
 */
export function connectOnce(address: string, timeout: number): Promise<NodeJS.ErrnoException | undefined> {
  const { address: target } = parseApplicationAddress(address);
  return new Promise((resolve) => {
    if (target.kind === "fd") {
      resolve(new Error("a file descriptor cannot be connected to"));
      return;
    }
    const socket =
      target.kind === "tcp"
        ? connect({ host: target.host, port: target.port })
        : connect({ path: target.kind === "unix" ? target.path : `\0${target.name}` });
    const end = (error?: NodeJS.ErrnoException): void => {
      socket.destroy();
      resolve(error);
    };
    // Nothing should stay up for the sake of a look.
    socket.unref();
    socket.setTimeout(timeout, () => end(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    socket.once("connect", () => end());
    socket.once("error", end);
  });
}

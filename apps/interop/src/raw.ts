import { once } from "node:events";
import { connect } from "node:net";

/**
 * Writes bytes on a socket of its own and reads until the peer ends: what really stood on the wire.
 *
 * @param ends whether our side ends when all is written
 * @returns the bytes, and whether the connection was reset instead of ended
 */
export async function raw(
  url: string,
  bytes: string,
  ends: boolean = false,
): Promise<{ text: string; reset: boolean }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const parts: Buffer[] = [];
  let reset = false;
  socket.on("data", (part: Buffer) => parts.push(part));
  socket.on("error", () => {
    reset = true;
  });
  await once(socket, "connect");
  if (ends) socket.end(bytes, "latin1");
  else socket.write(bytes, "latin1");
  await new Promise((resolve) => socket.once("close", resolve));
  return { text: Buffer.concat(parts).toString("latin1"), reset };
}

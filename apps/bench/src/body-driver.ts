// A process of its own that drives one body, or many slow ones:
// node body-driver.ts upload|chunked|download BYTES URL
// node body-driver.ts posters|readers|idle COUNT PORT-OR-SOCKET [PATH]
// It prints one line of JSON when it is done; a slow one "ready" before, and is done when its stdin ends.
import { once } from "node:events";
import { get, request } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const [kind = "", amount = "0", target = "", path = `/emit.php?bytes=${2 ** 20}`] = process.argv.slice(2);

/** Milliseconds between two new connections: any server takes them. */
const PACE = kind === "idle" ? 1 : 10;

const PIECE = Buffer.alloc(65_536, "0123456789abcdef");

if (kind === "download") await download();
else if (kind === "upload" || kind === "chunked") await upload(Number(amount), kind === "chunked");
else await slow(kind === "posters" ? post : kind === "idle" ? idle : read);

async function download(): Promise<void> {
  const began = performance.now();
  const [response] = await once(get(target, { agent: false }), "response");
  let bytes = 0;
  for await (const chunk of response) bytes += chunk.length;
  done(began, bytes, response.statusCode);
}

async function upload(bytes: number, chunked: boolean): Promise<void> {
  const began = performance.now();
  const headers = chunked ? {} : { "Content-Length": bytes };
  const outgoing = request(target, { method: "POST", headers, agent: false });
  const answered = once(outgoing, "response");
  for (let left = bytes; left > 0; left -= PIECE.length) {
    const more = outgoing.write(left < PIECE.length ? PIECE.subarray(0, left) : PIECE);
    if (!more) await once(outgoing, "drain");
  }
  outgoing.end();
  const [response] = await answered;
  let text = "";
  for await (const chunk of response) text += chunk;
  // What the application has counted.
  done(began, Number(text), response.statusCode);
}

function done(began: number, bytes: number, status: number): void {
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1_000, bytes, status }));
}

/** Opens all of them at a pace that any server takes, keeps them slow, and counts those that were cut. */
async function slow(start: (socket: Socket) => () => void): Promise<void> {
  const count = Number(amount);
  const steps: (() => void)[] = [];
  let cut = 0;
  for (let made = 0; made < count; made++) {
    const socket = /^\d+$/.test(target) ? connect(Number(target), "127.0.0.1") : connect(target);
    socket.on("error", () => undefined);
    socket.on("close", () => cut++);
    steps.push(start(socket));
    await delay(PACE);
  }
  console.log("ready");
  const timer = setInterval(() => {
    for (const step of steps) step();
  }, 1_000);
  process.stdin.resume();
  await once(process.stdin, "end");
  clearInterval(timer);
  console.log(JSON.stringify({ cut }));
  process.exit();
}

/** More than any server holds in memory at once, the rest at a trickle. */
function post(socket: Socket): () => void {
  socket.write("POST /count.php HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
  socket.write(Buffer.alloc(100_000));
  return () => void socket.write(Buffer.alloc(600));
}

/** Asks for more than the kernel holds, and reads a little at a time. */
function read(socket: Socket): () => void {
  socket.pause();
  socket.on("data", () => socket.pause());
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return () => void socket.resume();
}

/** Asks once, takes the answer, and stays. */
function idle(socket: Socket): () => void {
  socket.resume();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return () => undefined;
}

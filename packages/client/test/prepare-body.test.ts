import { createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ParamList } from "@x/protocol";
import { expect, onTestFinished, test, vi } from "vitest";

import { Pool } from "../src/pool.ts";
import { prepareBody } from "../src/prepare-body.ts";
import { Peer } from "./support/peer.ts";

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

const echo = {
  onRequest: ({
    id,
    stdin,
    connection,
  }: {
    id: number;
    stdin: Buffer;
    connection: { reply(id: number, body: Buffer): void };
  }) => connection.reply(id, stdin),
};

test.for<{ what: string; stdin: () => string | Uint8Array | Blob | URLSearchParams; length: string; type?: string }>([
  { what: "text", stdin: () => "größe", length: "7" },
  { what: "bytes", stdin: () => Buffer.from("abc"), length: "3" },
  { what: "a Blob", stdin: () => new Blob(["abcd"], { type: "image/png" }), length: "4", type: "image/png" },
  {
    what: "URLSearchParams",
    stdin: () => new URLSearchParams({ a: "b c" }),
    length: "5",
    type: "application/x-www-form-urlencoded;charset=UTF-8",
  },
])("[C29] the length of $what is announced, and its type", async ({ stdin, length, type }) => {
  await using peer = await Peer.start(echo);
  const pool = new Pool(peer.address);
  await (await pool.request({ params: { REQUEST_METHOD: "POST" }, stdin: stdin() })).body.text();
  const sent = peer.requests[0]!.params;
  expect([sent.get("CONTENT_LENGTH"), sent.get("CONTENT_TYPE")]).toEqual([length, type]);
  expect(peer.requests[0]!.stdin.length).toBe(Number(length));
  await pool.close();
});

test("params that are there stay, and the caller's list is not changed", async () => {
  const params = new ParamList().add("CONTENT_LENGTH", "99").add("CONTENT_TYPE", "a/b");
  const prepared = await prepareBody({ params, stdin: new Blob(["x"], { type: "c/d" }) });
  expect(prepared.params).toBe(params);
  const without = new ParamList().add("A", "1");
  expect((await prepareBody({ params: without, stdin: "x" })).params).toMatchObject({ names: ["A", "CONTENT_LENGTH"] });
  expect(without.names).toEqual(["A"]);
});

test("a form: multipart with the right type and length, as another parser reads it", async () => {
  await using peer = await Peer.start(echo);
  const pool = new Pool(peer.address);
  const form = new FormData();
  form.append("text", "line one\nline two");
  form.append('na"me', "größe");
  form.append("file", new File([Buffer.alloc(100_000, 7)], 'a"b.bin', { type: "image/png" }));
  form.append("file", new File([], "empty"));
  await (await pool.request({ params: { CONTENT_TYPE: "wrong", CONTENT_LENGTH: "1" }, stdin: form })).body.bytes();
  const { params, stdin } = peer.requests[0]!;
  expect(stdin.length).toBe(Number(params.get("CONTENT_LENGTH")));
  const headers = { "content-type": params.get("CONTENT_TYPE")! };
  const parsed = await new Response(new Uint8Array(stdin), { headers }).formData();
  expect(parsed.get("text")).toBe("line one\r\nline two");
  expect([...parsed.keys()]).toEqual(["text", 'na"me', "file", "file"]);
  const [file, empty] = parsed.getAll("file") as unknown as [File, File];
  expect([file.name, file.type, file.size]).toEqual(['a"b.bin', "image/png", 100_000]);
  expect([empty.type, empty.size]).toEqual(["application/octet-stream", 0]);
  await pool.close();
});

test.for(["buffer", "spool"] as const)("[S10] a stream of unknown length is collected: %s", async (unknownLength) => {
  await using peer = await Peer.start(echo);
  const pool = new Pool(peer.address);
  const piece = "x".repeat(50_000);
  const stdin = chunks(piece, piece, piece, "end");
  const { body } = await pool.request({ params: {}, stdin, unknownLength });
  expect((await body.text()).length).toBe(150_003);
  expect(peer.requests[0]!.params.get("CONTENT_LENGTH")).toBe("150003");
  expect(peer.requests[0]!.stdin.subarray(-4).toString()).toBe("xend");
  await pool.close();
});

test("a spooled file has no name, and a source that gives all at once keeps its order", async () => {
  const folder = mkdtempSync(join(tmpdir(), "x-client-body-"));
  // Others spool into the machine's temporary folder, too.
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, index) => index % 251));
  writeFileSync(join(folder, "body"), bytes);
  const stdin = createReadStream(join(folder, "body"), { highWaterMark: 30_000 });
  const { stdin: spooled } = await prepareBody({ params: {}, stdin, unknownLength: "spool" });
  expect(tmpdir()).toBe(folder);
  expect(readdirSync(folder)).toEqual(["body"]);
  const read: Buffer[] = [];
  for await (const chunk of spooled as AsyncIterable<Buffer>) read.push(chunk);
  expect(Buffer.concat(read).equals(bytes)).toBe(true);
  rmSync(folder, { recursive: true });
});

test("refuse: a sentence, and the source is let go", async () => {
  let returned = false;
  const source: AsyncIterableIterator<Uint8Array> = {
    next: () => Promise.resolve({ done: false, value: Buffer.from("x") }),
    return: () => {
      returned = true;
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => source,
  };
  const pool = new Pool("unix:/nonexistent");
  const refused = pool.request({ params: {}, stdin: source, unknownLength: "refuse" });
  await expect(refused).rejects.toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
  expect(returned).toBe(true);
  expect(await prepareBody({ params: { CONTENT_LENGTH: "1" }, stdin: source, unknownLength: "refuse" })).toBeDefined();
});

test("a body over the limit, one that fails, and one whose request is aborted meanwhile", async () => {
  const options = { params: {}, unknownLength: "buffer" as const };
  await expect(prepareBody({ ...options, stdin: chunks("12345"), maxBodyBytes: 4 })).rejects.toMatchObject({
    code: "FCGI_ERR_BODY_TOO_LARGE",
  });
  async function* fails(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("x");
    throw new Error("disk gone");
  }
  await expect(prepareBody({ ...options, stdin: fails() })).rejects.toMatchObject({
    code: "FCGI_ERR_ABORTED",
    message: "The request body failed: disk gone",
  });
  const abort = new AbortController();
  async function* never(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("x");
    await new Promise<void>(() => {});
  }
  const pending = prepareBody({ ...options, stdin: never(), signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(pending).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED", cause: abort.signal.reason as Error });
  await expect(prepareBody({ ...options, stdin: never(), signal: abort.signal })).rejects.toMatchObject({
    code: "FCGI_ERR_ABORTED",
  });
});

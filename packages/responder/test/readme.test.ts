// Runs every ```ts block of the README as a program of its own, in this package's folder, and holds it to its
// comments: `//=> text` is a line that it prints, in order; `// GET /path → text` is a request and the whole
// answer, `// POST /path body → text` one with a body. Socket paths are moved to a folder of the test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { temporaryFolder } from "./support/application.ts";
import { FrontEnd, post } from "./support/front-end.ts";

const home = join(import.meta.dirname, "..");
const readme = readFileSync(join(home, "README.md"), "utf8");
const examples = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map((match, index) => ({
  number: index + 1,
  code: match[1] ?? "",
}));

/** Resolves once there is a socket file to connect to. */
async function appears(folder: string, path: string, signal: AbortSignal): Promise<FrontEnd> {
  const changes = watch(folder, { signal });
  for await (const _change of changes) {
    // The file is there a moment before anybody listens.
    while (existsSync(path)) {
      const frontEnd = await FrontEnd.connect(`unix:${path}`).catch(() => undefined);
      if (frontEnd !== undefined) return frontEnd;
    }
  }
  throw new Error("nothing listens");
}

test("the README has examples, and requests to try on them", () => {
  expect(examples.length).toBeGreaterThan(3);
  expect(readme.match(/^\/\/ (GET|POST) /gm)?.length).toBeGreaterThan(3);
});

test.for(examples)("example $number of the README does what it says", async ({ code }) => {
  const folder = temporaryFolder();
  const path = join(folder, "app.sock");
  const program = code.replaceAll(/(?<=listen(?:: |\())"unix:\/run\/app\.sock"/g, JSON.stringify(`unix:${path}`));
  const listens = program !== code;
  const watching = new AbortController();
  const connected = listens ? appears(folder, path, watching.signal) : undefined;

  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", program], { cwd: home });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  // Not when it has exited: its last lines may come after that.
  const exit = once(child, "close");
  void exit.then(() => watching.abort(new Error(output.stderr)));

  if (connected !== undefined) {
    const frontEnd = await connected;
    for (const [, method, url, body = "", expected] of code.matchAll(/^\/\/ (GET|POST) (\S+)(?: (.*))? → (.*)$/gm)) {
      const params =
        method === "POST" ? post(body.length, { REQUEST_URI: url! }) : { REQUEST_URI: url!, REQUEST_METHOD: "GET" };
      const answer = await frontEnd.exchange(1, { params, stdin: body });
      expect(answer.body.trimEnd()).toBe(expected);
    }
    frontEnd.destroy();
    child.kill("SIGTERM");
  }
  const [status] = (await exit) as [number | null];
  const promised = [...code.matchAll(/\/\/=> (.*)$/gm)].map((match) => match[1]);
  expect({ status, stderr: output.stderr, stdout: output.stdout.split("\n").slice(0, -1) }).toEqual({
    status: 0,
    stderr: "",
    stdout: promised,
  });
});

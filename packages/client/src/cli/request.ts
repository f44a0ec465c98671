import { createReadStream, createWriteStream, readFileSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";

import type { ParamList } from "@x/protocol";

import type { RoleName } from "../dispatcher.ts";
import { Pool } from "../pool.ts";
import type { RequestOptions } from "../request.ts";
import type { Arguments } from "./arguments.ts";
import { withRecordLog } from "./record-log.ts";
import { fileOf, requestParams } from "./request-params.ts";
import type { RequestLine } from "./request-params.ts";
import { headText, showJson, showStderr, writeBody } from "./response-output.ts";
import { UsageError } from "./usage-error.ts";

const ROLES: readonly RoleName[] = ["responder", "authorizer", "filter"];

/** `x-client request ADDRESS PATH` */
export async function requestCommand(args: Arguments, userAgent: string): Promise<void> {
  const [address, path, ...more] = args.positionals;
  if (address === undefined || path === undefined || more.length > 0) {
    throw new UsageError('It takes an address and a path, such as "x-client request tcp://127.0.0.1:9000 /index.php".');
  }
  const pool = new Pool(address);
  const options = readRequest(path, args, userAgent);
  await withRecordLog(args.has("verbose"), async () => {
    try {
      await showResponse(pool, options, args);
    } finally {
      await pool.destroy();
    }
  });
}

function readRequest(path: string, args: Arguments, userAgent: string): RequestOptions {
  const role = ROLES.find((name) => name === (args.get("role") ?? "responder"));
  if (role === undefined) throw new UsageError(`--role takes ${ROLES.join(", ")}, not "${args.get("role")}".`);
  const stdin = readData(args.get("data"));
  const line: RequestLine = {
    path,
    method: args.get("request") ?? (stdin === undefined ? "GET" : "POST"),
    headers: args.all("header"),
    params: args.all("param"),
    root: args.get("root"),
    script: args.get("script"),
    role,
    contentLength: stdin?.length,
  };
  const params = requestParams(line, userAgent);
  const options: RequestOptions = { role, params, stdin, reuse: false };
  options.headersTimeout = options.bodyTimeout = args.milliseconds("timeout", 60_000);
  if (role === "filter") options.data = readFilterFile(fileOf(params), params);
  return options;
}

async function showResponse(pool: Pool, options: RequestOptions, args: Arguments): Promise<void> {
  const response = await pool.request(options);
  const output = args.get("output");
  if (args.has("json")) {
    await showJson(response, output);
    return;
  }
  if (args.has("include")) process.stdout.write(headText(response), "latin1");
  if (output === undefined) await writeBody(response.body);
  else await pipeline(response.body, createWriteStream(output));
  const { appStatus } = await response.ended;
  // With -v the records have shown it.
  if (!args.has("verbose")) showStderr(await response.stderr);
  if (appStatus !== 0) process.stderr.write(`x-client: the application ended with status ${appStatus}.\n`);
}

function readData(data: string | undefined): Buffer | undefined {
  if (data === undefined || !data.startsWith("@")) return data === undefined ? undefined : Buffer.from(data);
  const file = data.slice(1);
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (error) {
    throw new UsageError(`The data cannot be read from ${file}: ${(error as Error).message}.`);
  }
}

/** The file that a filter works on; its size and time are told by params (FastCGI 1.0 §6.4). */
function readFilterFile(file: string, params: ParamList): ReturnType<typeof createReadStream> {
  try {
    const { size, mtimeMs } = statSync(file);
    params.add("FCGI_DATA_LENGTH", String(size)).add("FCGI_DATA_LAST_MOD", String(Math.floor(mtimeMs / 1_000)));
    return createReadStream(file);
  } catch (error) {
    throw new UsageError(`A filter works on the file of PATH below --root: ${(error as Error).message}.`);
  }
}

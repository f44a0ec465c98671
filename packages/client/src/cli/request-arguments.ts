import { createReadStream, statSync } from "node:fs";

import type { ParamList } from "@x/protocol";

import type { RoleName } from "../dispatcher.ts";
import type { RequestOptions } from "../request.ts";
import type { Arguments, Flags } from "./arguments.ts";
import { readBody } from "./request-body.ts";
import { fileOf, requestParams } from "./request-params.ts";
import { UsageError } from "./usage-error.ts";

/** The flags that say what is sent; `request` and `bench` have them. */
export const REQUEST_FLAGS: Flags = {
  request: { type: "string", short: "X", what: "the method, GET unless there is data" },
  head: { type: "boolean", short: "I", what: "the method HEAD; show the response head" },
  data: { type: "string", short: "d", multiple: true, what: "the request body, or @FILE, or @- for standard input" },
  "data-binary": { type: "string", what: "the same; a file is sent as it is read, of any size" },
  form: {
    type: "string",
    short: "F",
    multiple: true,
    what: "a field of a form, NAME=VALUE, or NAME=@FILE to upload it",
  },
  header: { type: "string", short: "H", multiple: true, what: "a header, 'Name: value'" },
  param: { type: "string", short: "p", multiple: true, what: "a param, NAME=VALUE; it wins over all others" },
  root: { type: "string", what: "the document root as the application sees it, else this folder" },
  script: {
    type: "string",
    what: "SCRIPT_NAME for paths that do not name it; '' for applications that are no file",
  },
  role: { type: "string", what: "responder, authorizer or filter; a filter gets the file of PATH as its data" },
  timeout: { type: "string", what: "ms without a byte of the answer, 60000 unless given" },
};

const ROLES: readonly RoleName[] = ["responder", "authorizer", "filter"];

/** The request that the flags describe. @throws UsageError */
export async function readRequest(path: string, args: Arguments, userAgent: string): Promise<RequestOptions> {
  const role = ROLES.find((name) => name === (args.get("role") ?? "responder"));
  if (role === undefined) throw new UsageError(`--role takes ${ROLES.join(", ")}, not "${args.get("role")}".`);
  const body = await readBody(args);
  const usual = body === undefined ? "GET" : "POST";
  const params = requestParams(
    {
      path,
      method: args.get("request") ?? (args.has("head") ? "HEAD" : usual),
      headers: args.all("header"),
      params: args.all("param"),
      root: args.get("root"),
      script: args.get("script"),
      role,
      contentLength: body?.length,
      contentType: body?.type,
    },
    userAgent,
  );
  const options: RequestOptions = { role, params, stdin: body?.content };
  options.headersTimeout = options.bodyTimeout = args.milliseconds("timeout", 60_000);
  if (role === "filter") options.data = readFilterFile(fileOf(params), params);
  return options;
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

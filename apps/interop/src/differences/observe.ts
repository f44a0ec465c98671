import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { raw } from "../raw.ts";
import type { Case } from "./corpus.ts";
import { readAnswers } from "./read-answers.ts";
import type { RunningServer } from "./servers.ts";

/** What a web server made of one case: values by the names of what is compared, in words that are the same for every run. */
export interface Observation {
  /** `200`, `200, 404` of several, `closed`; `cut` behind one that ends before its framing says; `not asked` without the application. */
  readonly status: string;
  /** How often the application was asked. */
  readonly asked: number;
  /** `param NAME`, `stdin`, `role` of the last request that the application got. */
  readonly request: ReadonlyMap<string, string>;
  /** `header NAME`, `body` of the last response. */
  readonly response: ReadonlyMap<string, string>;
  /** Is the last response the application's, and no page of the server's own about an error? */
  readonly fromApplication: boolean;
}

const LONG = 16_384;
const FRAMING = ["content-length", "transfer-encoding", "connection"];

interface Recorded {
  readonly role: number;
  readonly params: readonly (readonly [string, string])[];
  readonly stdin: string;
}

/** Sends the corpus, one case after the other. */
export async function observe(server: RunningServer, corpus: readonly Case[]): Promise<Map<string, Observation>> {
  const observations = new Map<string, Observation>();
  let known = 0;
  for (const { name, raw: bytes, ends = false, spared = {} } of corpus) {
    const harm = spared[server.name];
    if (harm !== undefined) {
      observations.set(name, {
        status: harm,
        asked: 0,
        request: new Map(),
        response: new Map(),
        fromApplication: false,
      });
      continue;
    }
    const late = setTimeout(() => console.warn(`${server.name} has not ended "${name}" for 30 s.`), 30_000);
    const { text } = await raw(server.url, bytes, ends);
    clearTimeout(late);
    const record = readFileSync(server.record);
    const asked = readRecord(record, known);
    known = record.length;
    observations.set(name, interpret(server, bytes, text, asked));
  }
  return observations;
}

/** The lines that are new since the file was so long. */
function readRecord(record: Buffer, known: number): Recorded[] {
  const lines = record.toString("utf8", known).split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Recorded);
}

function interpret(server: RunningServer, bytes: string, text: string, asked: readonly Recorded[]): Observation {
  const methods = [...bytes.matchAll(/^([!-~]+) [^\r\n]* HTTP\/1\.[01]\r?$/gm)].map(([, method = ""]) => method);
  const answers = readAnswers(text, methods);
  const last = answers.at(-1);
  const statuses = answers.map(({ status, cut }) => `${status === 0 ? "no head" : status}${cut ? " cut" : ""}`);
  const counted = answers.filter(({ status }) => status === 0 || status >= 200).length;
  const request = asked.at(-1);
  const steady = (value: string): string => steadyText(server, value);
  const response = gather((last?.fields ?? []).map(([name, value]) => [`header ${name}`, steadyField(name, value)]));
  if (last !== undefined) {
    response.set("body", shorten(last.body));
    // How a long one is framed depends on how much of it had come when the head went out.
    if (last.body.length > LONG) for (const name of FRAMING) response.delete(`header ${name}`);
  }
  return {
    status: [
      ...(statuses.length > 0 ? statuses : ["closed"]),
      ...(asked.length === counted ? [] : [times(asked.length)]),
    ].join(", "),
    asked: asked.length,
    request:
      request === undefined
        ? new Map()
        : gather([
            ...request.params.map(([name, value]) => [`param ${name}`, steady(steadyParam(name, value))] as const),
            ["stdin", request.stdin],
            ["role", String(request.role)],
          ]),
    response,
    fromApplication: last !== undefined && counted <= asked.length && last.status <= 500,
  };
}

function times(asked: number): string {
  return asked === 0 ? "not asked" : asked === 1 ? "asked once" : `asked ${asked} times`;
}

/** Values by name; what is there several times is said so. */
function gather(pairs: readonly (readonly [string, string])[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before} & ${value}`);
  }
  return values;
}

function steadyParam(variable: string, value: string): string {
  // Apache says after a redirect of its own what was before.
  const name = variable.replace(/^(?:REDIRECT_)+(?!STATUS$)/, "");
  if (name === "REMOTE_PORT" && /^\d+$/.test(value)) return "(port)";
  if (name === "SERVER_SOFTWARE" || name === "SERVER_SIGNATURE") return value === "" ? "" : "(its name)";
  // The environment of whoever started it.
  return name === "PATH" || name === "LD_LIBRARY_PATH" ? "(its own)" : value;
}

function steadyField(name: string, value: string): string {
  if (name === "date" && !value.includes("01 Jan 2026")) return "(now)";
  if (name === "server" && value !== "application") return "(its name)";
  return value;
}

function steadyText({ places }: RunningServer, value: string): string {
  const text = value.replaceAll(places.site, "/srv/app").replaceAll(places.socket, "/run/app.sock");
  return shorten(text === String(places.port) ? "(listens)" : text.replaceAll(`:${places.port}`, ":(listens)"));
}

/** Long values are told apart by their lengths and hashes. */
function shorten(value: string): string {
  if (value.length <= 120) return value;
  return `${value.length} bytes, ${createHash("sha256").update(value, "latin1").digest("hex").slice(0, 8)}`;
}

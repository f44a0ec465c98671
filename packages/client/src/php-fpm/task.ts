import { randomBytes } from "node:crypto";

import { FastCGIError } from "@x/protocol/errors";

import type { Dispatcher } from "../dispatcher.ts";
import { ask } from "./ask.ts";
import type { RunningResponse } from "./ask.ts";
import type { PhpFpmOptions, PhpFpmRequestOptions } from "./php-fpm.ts";
import { refusal } from "./refusal.ts";
import { withScript } from "./script-file.ts";
import { SCRIPT } from "./script.ts";

/** What the script can do. */
export type Task =
  | { name: "opcache-status"; scripts: boolean }
  | { name: "opcache-invalidate"; files: readonly string[]; force: boolean }
  | { name: "opcache-compile"; files: readonly string[] }
  | {
      name:
        | "opcache-configuration"
        | "opcache-reset"
        | "apcu-status"
        | "apcu-clear"
        | "realpath-status"
        | "realpath-clear";
    };

/** Has PHP do a task, by a script of ours that is there for so long. */
export function runTask(
  target: Dispatcher | string,
  task: Task,
  options: PhpFpmOptions & PhpFpmRequestOptions,
): Promise<unknown> {
  return withScript(SCRIPT, options, async (folder, name) => {
    // What other code prints (auto_prepend_file, a warning) stands around the answer.
    const mark = randomBytes(16).toString("hex");
    const response = await ask(
      target,
      {
        path: `/${name}`,
        root: folder,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...task, mark }),
        scriptFilename: `${folder === "/" ? "" : folder}/${name}`,
        script: `/${name}`,
      },
      options,
    );
    const answer = readAnswer(response.body, mark);
    if (answer === undefined) {
      throw refusal(response, { kind: "script", path: `${folder}/${name}` }) ?? noAnswer(response);
    }
    if ("result" in answer) return answer["result"];
    throw new FastCGIError("FCGI_ERR_UNAVAILABLE", `PHP cannot do that: ${String(answer["error"])}`, {
      stderr: response.stderr,
      phase: "response-body",
    });
  });
}

function readAnswer(body: string, mark: string): Record<string, unknown> | undefined {
  const [, json] = body.split(mark);
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function noAnswer({ body, stderr }: RunningResponse): FastCGIError {
  const said = JSON.stringify(body.trim().slice(0, 80));
  return new FastCGIError(
    "FCGI_ERR_BAD_ANSWER",
    `PHP ran the script and did not answer as it does; it said ${said}. Its stderr may tell why.`,
    { stderr, phase: "response-body" },
  );
}

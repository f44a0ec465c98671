import type { ExplainedStep, Explanation } from "../explain/explanation.ts";
import { statusText } from "../http/status-text.ts";
import { escapeControls } from "./escape.ts";

/** Values are cut here, so that a line stays one. */
const VALUE_LIMIT = 200;

/** An explanation for people. */
export function printExplanation({ request, steps, application, answer }: Explanation): string[] {
  const { method, target, host, path, scheme, client } = request;
  const lines = [
    `${method} ${readable(target)}${host === undefined ? "" : ` of ${host}`}`,
    "",
    row("request", `path ${readable(path)}, ${scheme}, from ${client ?? "a UNIX socket"}`),
    ...steps.map(line),
  ];
  if (application !== undefined) {
    const { upstream, addresses, choice, others, params } = application;
    const where =
      addresses.length === 0
        ? "an address that is chosen when its process starts"
        : `${addresses.join(" or ")}: ${choice}`;
    lines.push(row("ask", `${upstream} at ${where}`));
    lines.push(...others.map(({ address, reason }) => row("not", `${address}: ${reason}`)), "");
    const width = Math.max(...params.map(({ name }) => name.length));
    for (const { name, value, origin } of params) {
      lines.push(`  ${name.padEnd(width)}  ${value === "" ? '""' : readable(value)}  (${origin})`);
    }
  }
  if (answer !== undefined) {
    const { status, rawHeaders, reason } = answer;
    lines.push(row("answer", `${status} ${statusText(status)}${reason === undefined ? "" : `: ${readable(reason)}`}`));
    if (reason !== undefined) return lines;
    lines.push("");
    for (let at = 0; at < rawHeaders.length; at += 2) {
      lines.push(`  ${rawHeaders[at] ?? ""}: ${readable(rawHeaders[at + 1] ?? "")}`);
    }
  }
  return lines;
}

function line(step: ExplainedStep): string {
  switch (step.kind) {
    case "route":
      return row(`route ${step.index}`, `${step.matches ? "yes" : "no"}: ${readable(step.reason)}`);
    case "file":
      return row("file", `${readable(step.path)}: ${step.found}`);
    case "script":
      return row(
        "script",
        `${readable(step.scriptName)}${step.pathInfo === "" ? "" : `, then ${readable(step.pathInfo)}`}`,
      );
    case "rewrite":
      return row("rewrite", readable(`${step.path}${step.query === "" ? "" : `?${step.query}`}`));
    case "note":
      return row("note", readable(step.text));
  }
}

function row(name: string, text: string): string {
  return `${name.padEnd(9)} ${text}`;
}

/** Bytes, which nearly always are UTF-8. */
function readable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- bytes, not characters
  const bytes = /^[\0-\xff]*$/.test(text) ? Buffer.from(text, "latin1").toString("utf8") : text;
  return escapeControls(bytes, VALUE_LIMIT);
}

import { expect, onTestFinished, test } from "vitest";

import { escapeControls } from "../../src/cli/escape.ts";
import { Log } from "../../src/cli/log.ts";
import type { Output } from "../../src/cli/output.ts";

function collected(terminal: boolean): { output: Output; lines: string[] } {
  const lines: string[] = [];
  return { output: { terminal, line: (text: string) => lines.push(text) } as unknown as Output, lines };
}

function environment(name: string, value: string | undefined): void {
  const before = process.env[name];
  const set = (to: string | undefined): void => {
    if (to === undefined) delete process.env[name];
    else process.env[name] = to;
  };
  set(value);
  onTestFinished(() => set(before));
}

const now = (): number => Date.UTC(2026, 10, 23, 12, 0, 1);
const clock = new Date(now()).toTimeString().slice(0, 8);

test("[TI11] nothing from outside can move the cursor or begin a line", () => {
  expect(escapeControls("a\r\nb\u001b[31m\u0000\u0085\u202e\tü☃")).toBe("a\\x0d\\x0ab\\x1b[31m\\x00\\x85\\u202e\tü☃");
  expect(escapeControls("x".repeat(5_000))).toHaveLength(4_097);
});

test("for people: time, level, sentence; warnings apart", () => {
  const out = collected(false);
  const err = collected(false);
  const log = new Log({ out: out.output, err: err.output, json: false, now });
  log.write("info", "started", { event: "start" });
  log.write("warn", "no\nbody");
  log.write("error", "broken");
  expect(out.lines).toEqual([`${clock} started`]);
  expect(err.lines).toEqual([`${clock} warning: no\\x0abody`, `${clock} error: broken`]);
});

test("for machines: one object a line, all on one stream, no banner", () => {
  const out = collected(true);
  const err = collected(true);
  const log = new Log({ out: out.output, err: err.output, json: true, now });
  log.write("warn", "a\u001b\nb", { status: 502, upstream: undefined });
  log.plain("banner");
  log.json({ event: "listening" });
  expect(out.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { time: "2026-11-23T12:00:01.000Z", level: "warn", message: "a\u001b\nb", status: 502 },
    { time: "2026-11-23T12:00:01.000Z", level: "info", event: "listening" },
  ]);
  expect(out.lines.join("")).not.toContain("\u001b");
  expect(err.lines).toEqual([]);
});

test("colour on a terminal only, and not with NO_COLOR", () => {
  environment("TERM", "xterm");
  const written = (terminal: boolean, noColor: string | undefined): string => {
    environment("NO_COLOR", noColor);
    const err = collected(terminal);
    new Log({ out: err.output, err: err.output, json: false, now }).write("warn", "careful");
    return err.lines.join("");
  };
  expect(written(true, undefined)).toContain("\u001b[33mwarning: ");
  expect(written(true, "")).toContain("\u001b[");
  expect(written(true, "1")).not.toContain("\u001b");
  expect(written(false, undefined)).not.toContain("\u001b");
});

import { expect, onTestFinished, test } from "vitest";

import { handleSignals } from "../../src/supervisor/signals.ts";

function signals(terminal: boolean): { send: (signal: NodeJS.Signals, at: number) => void; done: string[] } {
  const done: string[] = [];
  let time = 0;
  const dispose = handleSignals(
    {
      stop: (it) => done.push(`stop ${it}`),
      cut: (it) => done.push(`cut ${it}`),
      reload: (it) => done.push(`reload ${it}`),
    },
    { terminal, now: () => time },
  );
  onTestFinished(dispose);
  const send = (signal: NodeJS.Signals, at: number): void => {
    time = at;
    process.emit(signal, signal);
  };
  return { send, done };
}

test("[Q2] [f31] the first signal stops, the second cuts, whichever they are", () => {
  for (const [first, second] of [
    ["SIGTERM", "SIGTERM"],
    ["SIGINT", "SIGTERM"],
    ["SIGTERM", "SIGINT"],
  ] as const) {
    const { send, done } = signals(false);
    send(first, 0);
    send(second, 1);
    expect(done.slice(-2)).toEqual([`stop ${first}`, `cut ${second}`]);
  }
});

test("one Ctrl-C that npm passes on is one Ctrl-C", () => {
  const { send, done } = signals(true);
  send("SIGINT", 0);
  send("SIGINT", 40);
  expect(done).toEqual(["stop SIGINT"]);
  send("SIGINT", 700);
  expect(done).toEqual(["stop SIGINT", "cut SIGINT"]);
});

test("[f31] SIGHUP ends what a terminal started, and nothing else", () => {
  const onTerminal = signals(true);
  onTerminal.send("SIGHUP", 0);
  expect(onTerminal.done).toEqual(["stop SIGHUP"]);
});

test("SIGHUP to a service asks to reload", () => {
  const service = signals(false);
  service.send("SIGHUP", 0);
  service.send("SIGHUP", 1);
  expect(service.done).toEqual(["reload SIGHUP", "reload SIGHUP"]);
});

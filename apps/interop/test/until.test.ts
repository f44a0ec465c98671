import { expect, test } from "vitest";

import { until } from "../src/until.ts";

test("gives what is right as soon as it is seen", async () => {
  let count = 0;
  expect(
    await until(
      "it is three",
      () => ++count,
      (seen) => seen === 3,
    ),
  ).toBe(3);
});

test("what is never right is told with what was seen last, and what the program said", async () => {
  const waiting = until(
    "it is up",
    () => [502],
    () => false,
    { limit: 1, output: () => "I am down." },
  );
  await expect(waiting).rejects.toThrow(
    /^Waited 0\.001 s in vain until it is up; seen last: .*\nThe program said:\nI am down\.$/,
  );
});

test("so is what never answers, and what fails fails at once", async () => {
  const never = until(
    "it answers",
    () => new Promise<never>(() => {}),
    () => true,
    { limit: 1 },
  );
  await expect(never).rejects.toThrow("seen last: nothing yet");
  const broken = until(
    "it answers",
    () => Promise.reject(new Error("broken")),
    () => true,
  );
  await expect(broken).rejects.toThrow("broken");
});

import { defineConfig } from "vitest/config";

// Real programs are started: a cold start of Go's compiler takes its time on two busy cores. And a test takes ten times as long as on a
// quiet machine when ten others have their share of it, which is no failure.
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 240_000, maxWorkers: 2 },
});

import { defineConfig } from "vitest/config";

// Real programs are started: a cold start of Go's compiler takes its time on two busy cores.
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 120_000, maxWorkers: 2 },
});

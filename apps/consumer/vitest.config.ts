import { defineConfig } from "vitest/config";

// Packages are built, packed and installed first, and two more Nodes fetched where they are not there yet.
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 300_000 },
});

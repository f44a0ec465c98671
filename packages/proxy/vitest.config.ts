import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  // Tests wait for events, never for time: the limits are for a machine that does much else besides.
  test: { testTimeout: 30_000, hookTimeout: 60_000, setupFiles: ["test/fixed-seed.ts", "test/usual-umask.ts"] },
};

export default config;

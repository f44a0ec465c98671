import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  // Tests wait for events, never for time: the limit is for a machine that does much else besides.
  test: { testTimeout: 30_000 },
};

export default config;

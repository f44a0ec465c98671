import { decodeSuites } from "./decode.ts";
import { encodeSuites } from "./encode.ts";
import { paramsSuites } from "./params.ts";
import { requestHeadSuites } from "./request-heads.ts";
import { responseHeadSuites } from "./response-heads.ts";
import type { Suite } from "./suite.ts";

/** Everything that `pnpm bench codec` measures, by the title of its table. */
export const suites: Readonly<Record<string, Suite>> = {
  ...decodeSuites,
  ...encodeSuites,
  ...paramsSuites,
  ...requestHeadSuites,
  ...responseHeadSuites,
};

// What `x-responder` serves in front-frameworks.test.ts.
import type { IncomingMessage, ServerResponse } from "node:http";

import { anyFramework } from "../frameworks/all.ts";

const listener: (request: IncomingMessage, response: ServerResponse) => unknown = await anyFramework();
// oxlint-disable-next-line import/no-default-export -- what x-responder looks for
export default listener;

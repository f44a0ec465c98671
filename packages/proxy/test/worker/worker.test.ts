import { expect, test } from "vitest";

import { listenByWorker } from "../support/http-server.ts";
import { RawClient } from "../support/raw-client.ts";
import { requestSuite } from "../support/request-suite.ts";
import { responseSuite } from "../support/response-suite.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

responseSuite(listenByWorker, false);
requestSuite(listenByWorker, false);

test.each(["developer", "plain"] as const)(
  "what is wrong with a request is told to a developer alone (%s)",
  async (errors) => {
    const { port } = await listenByWorker({ root: temporaryFolder(), routes: [{ static: true }], errors });
    const wrong = "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    const answer = await new RawClient(port).write(wrong).closed();
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer.includes("Content-Length and Transfer-Encoding exclude each other.")).toBe(errors === "developer");
  },
);

import { Pool } from "@x/client";
import { readCapabilities } from "@x/protocol";
import { expect, test } from "vitest";

import { ended, outcome, requestBytes, talk, valuesBytes, valuesIn } from "../records.ts";
import type { RequestBytes } from "../records.ts";
import type { RunningApplication } from "./client.ts";

/** What an application does where the specification leaves it open, or its author has read it otherwise. */
export interface ConnectionTraits {
  /** Requests at once that it runs, all its processes together. */
  capacity: number;
  /** Does it leave the connection open after a request with FCGI_KEEP_CONN? */
  keeps: boolean;
  /** What GET_VALUES brings: does it multiplex, or nothing but the end of the connection, or nothing at all? */
  values: "multiplexes" | "does not multiplex" | "closed" | "silent";
  /** The second of two requests begun on one connection: it runs, it is refused by CANT_MPX_CONN, or one of the two is lost. */
  second: "runs" | "is refused" | "costs one";
  /** A role that the specification does not know: refused by UNKNOWN_ROLE, taken for a responder, or the connection is closed. */
  unknownRole: "refused" | "served" | "closed";
  /** It answers as an authorizer and as a filter. */
  roles?: boolean;
}

/** What our client makes of an application's habits with connections. */
export function describeConnections(application: () => RunningApplication, traits: ConnectionTraits): void {
  const params = (query: string): Record<string, string | undefined> => ({
    REQUEST_METHOD: "GET",
    REQUEST_URI: `/application?${query}`,
    SCRIPT_NAME: "/application",
    QUERY_STRING: query,
    SERVER_PROTOCOL: "HTTP/1.1",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    SCRIPT_FILENAME: application().script,
  });
  const status = async (pool: Pool, code: number): Promise<string> => {
    const { body } = await pool.request({ params: params(`mode=status&code=${code}`), idempotent: true });
    return body.text();
  };
  const statuses = (pool: Pool): Promise<string[]> =>
    Promise.all(Array.from({ length: 20 }, (_, index) => status(pool, 400 + index)));
  const expected = Array.from({ length: 20 }, (_, index) => `status ${400 + index}`);

  test(`[P43] with FCGI_KEEP_CONN it ${traits.keeps ? "keeps" : "closes"} the connection, and the next request is served`, async () => {
    await using pool = new Pool(application().address, { capacity: traits.capacity });
    // The pool takes no connection again that is a second old, which it is at once on a machine that does other things.
    for (let count = 0; count < 3 || (traits.keeps && pool.stats.reused === 0 && count < 100); count++) {
      expect(await status(pool, 400 + count)).toBe(`status ${400 + count}`);
    }
    if (traits.keeps) expect(pool.stats.reused).toBeGreaterThan(0);
    else expect(pool.stats.opened).toBe(3);
  });

  test(`[P49] [P58] GET_VALUES: ${traits.values}; a pool that learns serves twenty at once`, async () => {
    await using pool = new Pool(application().address, {
      learn: true,
      capacity: traits.capacity,
      queueTimeout: 20_000,
    });
    expect(await statuses(pool)).toEqual(expected);
    if (traits.values === "silent") return; // there is nothing to wait for
    const { received } = await talk(application().address, valuesBytes(), (records) => records.length > 0);
    const values = valuesIn(received);
    if (traits.values === "closed") expect(values).toBeUndefined();
    else expect(readCapabilities(values).multiplexes).toBe(traits.values === "multiplexes");
  });

  test(`[P95] two requests with bodies on one connection: the second ${traits.second}`, async () => {
    const { address, script } = application();
    const body = Buffer.from("abc");
    const [one, two] = [1, 2].map((id) => requestBytes("mode=echo", { id, script, body })) as [
      RequestBytes,
      RequestBytes,
    ];
    // The body of the first comes last: it still runs when the second begins.
    const bytes = Buffer.concat([one.head, two.head, two.stdin, one.stdin]);
    const complete = { runs: 2, "is refused": 1, "costs one": 1 }[traits.second];
    const { received } = await talk(address, bytes, (records) => {
      return [1, 2].filter((id) => outcome(records, id).endsWith("end 0")).length === complete;
    });
    const whole = [1, 2].filter((id) => /"length": ?3\b.*, end 0$/s.test(outcome(received, id)));
    // libfcgi refuses as it should, and then has lost the body of the first.
    if (traits.second === "is refused") expect(outcome(received, 2)).toBe("end 1");
    if (traits.second === "costs one") expect(whole).not.toEqual([1, 2]);
    if (traits.second !== "runs") return;
    expect(whole).toEqual([1, 2]);
    await using pool = new Pool(address, { capacity: traits.capacity, multiplex: 4, connections: 1 });
    expect(await statuses(pool)).toEqual(expected);
  });

  test(`[TF07] a role that nobody knows is ${traits.unknownRole}; the next request is served`, async () => {
    const { address, script } = application();
    const { head, stdin } = requestBytes("mode=status&code=201", { script, role: 9 });
    const { received } = await talk(address, Buffer.concat([head, stdin]), (records) => ended(records, 1));
    const outcomes = { refused: "end 3", served: "status 201, end 0", closed: "" };
    expect(outcome(received, 1)).toBe(outcomes[traits.unknownRole]);
    await using pool = new Pool(address, { capacity: traits.capacity });
    expect(await status(pool, 202)).toBe("status 202");
  });

  if (traits.roles !== true) return;

  test("[P81] [P83] an authorizer says who it was", async () => {
    await using pool = new Pool(application().address, { capacity: traits.capacity });
    const { statusCode, headers, body } = await pool.request({ role: "authorizer", params: params("") });
    await body.text();
    expect([statusCode, headers["variable-remote_user"]]).toEqual([200, "ada"]);
  });

  test("[P84] a filter gets request body and file", async () => {
    await using pool = new Pool(application().address, { capacity: traits.capacity });
    const file = Buffer.alloc(300_000, "f");
    const sizes = { CONTENT_LENGTH: "100000", FCGI_DATA_LENGTH: String(file.length), FCGI_DATA_LAST_MOD: "0" };
    const { body } = await pool.request({
      role: "filter",
      params: { ...params(""), ...sizes },
      stdin: Buffer.alloc(100_000, "s"),
      data: file,
    });
    expect(await body.text()).toMatch(/^300000 [0-9a-f]{64}$/);
  });
}

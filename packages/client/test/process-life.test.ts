import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { turns } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";

const source = join(import.meta.dirname, "../src/index.ts");

const PROGRAM = `
import { Pool } from ${JSON.stringify(source)};
const pool = new Pool(process.argv[1], { multiplex: 2 });
for (const n of ["1", "2"]) {
  const { body } = await pool.request({ params: { N: n } });
  console.log(await body.text());
}
console.log(pool.stats.idle);
`;

test("a running request keeps the process alive, an idle connection does not", { timeout: 60_000 }, async () => {
  await using peer = await Peer.start({
    onRequest: async ({ id, params, connection }) => {
      // Long after the client's process would have ended if it had nothing to wait for.
      await turns(500);
      connection.reply(id, `answer ${params.get("N")}`);
    },
  });
  const args = ["--input-type=module", "--eval", PROGRAM, "--", peer.address];
  // The connection would rest for a minute: killed before that, the run fails.
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 });
  expect(stdout).toBe("answer 1\nanswer 2\n1\n");
});

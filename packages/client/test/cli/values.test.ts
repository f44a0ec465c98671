import { encodeNameValues, encodeRecord, RecordType } from "@x/protocol";
import { expect, test } from "vitest";

import { xClient } from "../support/command.ts";
import { Peer } from "../support/peer.ts";

function answering(values: Record<string, string>): Promise<Peer> {
  return Peer.start({
    onGetValues: (_, connection) => {
      connection.send(encodeRecord({ type: RecordType.GetValuesResult, content: encodeNameValues(values) }));
    },
  });
}

test("[P53] what it says of itself, and what that means", async () => {
  await using peer = await answering({ FCGI_MAX_CONNS: "8", FCGI_MPXS_CONNS: "0", FCGI_X: "\u001b[1m" });
  expect(await xClient(["values", peer.address])).toEqual({
    code: 0,
    stdout:
      "FCGI_MAX_CONNS=8      connections at once\nFCGI_MPXS_CONNS=0     one request at a time on a connection\nFCGI_X=\\x1b[1m\n",
    stderr: "",
  });
  const { stdout } = await xClient(["values", peer.address, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    values: { FCGI_MAX_CONNS: "8" },
    told: { maxConns: 8, multiplexes: false },
  });
});

test("an application that closes instead, or says nothing of itself", async () => {
  await using closing = await Peer.start({ onGetValues: (_, { socket }) => void socket.end() });
  const { code, stdout, stderr } = await xClient(["values", closing.address]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("closed the connection when it was asked");
  await using quiet = await answering({});
  expect((await xClient(["values", quiet.address])).stdout).toBe("It answers, and says nothing of itself.\n");
});

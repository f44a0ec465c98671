import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ParamList } from "../src/param-list.ts";
import type { ParamsInput } from "../src/param-list.ts";
import type { OversizedParam } from "../src/params-records.ts";
import { RecordOutput } from "../src/record-output.ts";
import { failure } from "./failure.ts";
import { ClientSide } from "./session/client-side.ts";
import { ResponderSide } from "./session/responder-side.ts";
import { concat, pair, strictPairs, strictRecords, textOf } from "./vectors/wire.ts";

function paramsRecords(params: ParamsInput, oversized?: OversizedParam): Uint8Array[] {
  const output = new RecordOutput(() => {});
  output.params(1, params, oversized);
  const records = strictRecords(concat(...output.take()));
  expect(records.every(({ type, id }) => type === 4 && id === 1)).toBe(true);
  return records.map(({ content }) => content);
}

describe("a pair that no record can hold", () => {
  const large = "x".repeat(200_000);

  test("[P38] is an error by default, and as an option", () => {
    for (const oversized of [undefined, "error"] as const) {
      expect(failure(() => paramsRecords({ A: large }, oversized)).code).toBe("FCGI_ERR_PARAM_TOO_LARGE");
      const side = new ClientSide();
      const params = { A: large };
      expect(
        failure(() => side.begin(oversized === undefined ? { params } : { params, oversizedParam: oversized })).code,
      ).toBe("FCGI_ERR_PARAM_TOO_LARGE");
      expect([side.output.pendingBytes, side.session.available]).toEqual([0, true]);
    }
  });

  test("[P38] split: it goes into records of its own, the others stay whole in theirs", () => {
    const contents = paramsRecords({ A: "1", B: large, C: "2" }, "split");
    expect(contents.map(({ length }) => length)).toEqual([4, 65_528, 65_528, 65_528, 200_006 - 3 * 65_528, 4, 0]);
    expect(strictPairs(contents[0]!)).toEqual([["A", "1"]]);
    expect(strictPairs(contents[5]!)).toEqual([["C", "2"]]);
    expect(textOf(concat(...contents))).toBe(textOf(concat(pair("A", "1"), pair("B", large), pair("C", "2"))));
  });

  test("[P25] [P38] nowhere but at the end is a record empty: that would be the end of PARAMS", () => {
    for (const size of [65_528 - 5, 65_529 - 6, 2 * 65_528 - 6, 2 * 65_528 - 5]) {
      for (const params of [{ B: "x".repeat(size) }, { A: "", B: "x".repeat(size) }, { B: "x".repeat(size), C: "" }]) {
        const contents = paramsRecords(params, "split");
        expect(contents.map(({ length }) => length > 0)).toEqual(
          contents.map((_, index) => index < contents.length - 1),
        );
      }
    }
  });

  test("[P38] many of them with small ones between: there is room for each record that is cut short", () => {
    const params = Array.from({ length: 60 }, (_, index) => {
      const value = index % 2 === 0 ? "x".repeat(65_522) : "";
      return [String.fromCharCode(65 + (index % 26)).repeat(2), value] as const;
    });
    const contents = paramsRecords(params, "split");
    expect(contents.slice(0, 3).map(({ length }) => length)).toEqual([65_528, 1, 4]);
    expect(contents).toHaveLength(91);
    expect(strictPairs(concat(...contents))).toEqual(params);
  });

  test("[P38] split changes nothing where nothing is too large", () => {
    const params = Array.from({ length: 40 }, (_, index) => [`N${index}`, "x".repeat(5_000)] as const);
    expect(paramsRecords(params, "split")).toEqual(paramsRecords(params));
  });

  test("[P33] [P38] what says that it is over 2 GiB long is refused all the same", () => {
    const list = new ParamList().add("A", { length: 2 ** 31 } as unknown as Uint8Array);
    expect(failure(() => paramsRecords(list, "split")).code).toBe("FCGI_ERR_PARAM_TOO_LARGE");
  });

  test("[P37] [P38] an application that joins records reads it", () => {
    const client = new ClientSide();
    client.begin({ params: { A: "1", B: large, C: "2" }, oversizedParam: "split" });
    const application = new ResponderSide({ maxParamBytes: 250_000 });
    application.receive(client.sentBytes());
    expect(application.fatal).toEqual([]);
    expect(application.served[0]!.exchange.params.toObject()).toEqual({ A: "1", B: large, C: "2" });
  });

  test("[P38] [V6] any mix of sizes comes out as it went in", () => {
    const size = fc.oneof(fc.nat(100), fc.constantFrom(65_522, 65_523, 65_524, 70_000, 131_050, 131_051, 140_000));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 6 }), (sizes) => {
        const params = sizes.map((length, index) => [`N${index}`, String(index).repeat(length)] as const);
        const contents = paramsRecords(params, "split");
        expect(contents.slice(0, -1).every(({ length }) => length > 0)).toBe(true);
        expect(strictPairs(concat(...contents)).map(([, value]) => value.length)).toEqual(sizes);
      }),
      { numRuns: 60 },
    );
  });
});

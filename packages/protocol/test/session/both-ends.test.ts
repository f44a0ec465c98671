// Both sessions against each other, step by step in random order.
import fc from "fast-check";
import { expect, test } from "vitest";

import { FastCGIError } from "../../src/errors.ts";
import { step } from "./steps.ts";
import { World } from "./world.ts";

const ENDINGS = ["all is delivered", "the web server goes", "the application goes", "it breaks"] as const;

test(
  "[P21] [P24] [P43] [P73] [V16] [TF22] [TF23] [Z4] each request gets exactly one end, and no byte of another",
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 4),
        fc.constantFrom(4, 4, 4, 3),
        fc.array(step, { maxLength: 120, size: "max" }),
        fc.constantFrom(...ENDINGS),
        (multiplex, admitted, steps, ending) => {
          const world = new World(multiplex, admitted);
          for (const next of steps) world.step(next);
          const { client, application, requests } = world;
          expect([client.fatal, application.fatal]).toEqual([[], []]);

          if (ending === "all is delivered") {
            world.deliver("application", Infinity);
            for (const request of requests) {
              if (request.served === undefined || request.status !== undefined) continue;
              request.status = request.serial;
              request.served.exchange.end(request.serial);
            }
            world.collect();
            world.deliver("server", Infinity);
            world.check();
            if (application.closes === 0) expect(client.values).toHaveLength(world.asked);
            // A drained connection may close with a request still on the way to it.
            else client.session.receiveEnd();
            expect(application.session.active).toBe(0);
            for (const { call, served, sent, status } of requests) {
              if (call.exchange.aborted) continue;
              if (call.end === undefined)
                expect([application.closes, call.error?.code]).toEqual([1, "FCGI_ERR_SOCKET"]);
              else if (served === undefined) expect(call.end.protocolStatus).toBeGreaterThan(1);
              else {
                expect(call.end).toEqual({ appStatus: status, protocolStatus: 0 });
                expect([call.stdout === sent.stdout, call.stderr === sent.stderr]).toEqual([true, true]);
              }
            }
          } else if (ending === "the web server goes") {
            application.session.receiveEnd();
            for (const { served, status } of requests) {
              if (served !== undefined && status === undefined) expect(served.aborts).toHaveLength(1);
              served?.exchange.end();
            }
            expect(application.session.active).toBe(0);
            expect(application.closes + application.fatal.length).toBe(1);
            client.session.fail(new FastCGIError("FCGI_ERR_DESTROYED", "gone"));
          } else if (ending === "the application goes") {
            client.session.receiveEnd();
            if (requests.some(({ call }) => call.error !== undefined)) expect(client.fatal).toHaveLength(1);
          } else {
            // Long enough to fill up whatever record is on the way.
            const garbage = new Uint8Array(70_000).fill(0xff);
            client.receive(garbage);
            application.receive(garbage);
          }

          for (const { call } of requests) {
            const aborted = call.exchange.aborted ? 0 : 1;
            expect([call.endings, call.exchange.ended]).toEqual([aborted, true]);
          }
          expect(client.session.active).toBe(0);
        },
      ),
      { numRuns: 250 },
    );
  },
);

import { BodyCollector, type CollectingRules } from "./body-collector.ts";
import type { ServedRequest } from "./served-request.ts";
import type { SpooledBody } from "./spooled-body.ts";

/**
 * Has a request's body, all of it, before an application is asked: until then nothing of the client's slowness, or of its mistakes,
 * reaches that. What cannot be had is answered here.
 *
 * @param collected called at once for a request without a body
 */
export function collectBody(
  served: ServedRequest,
  rules: CollectingRules,
  collected: (body: Uint8Array | SpooledBody | undefined) => void,
): void {
  const { contentLength } = served;
  if (contentLength === 0) {
    collected(undefined);
    return;
  }
  const refusal = BodyCollector.precheck(contentLength, rules);
  if (refusal !== undefined) {
    served.refuse(refusal);
    return;
  }
  if (served.expectsContinue) served.response.informational(100, []);
  const collector = new BodyCollector(served.request.body, contentLength, rules, {
    onBody: collected,
    onRefused: (reason) => served.refuse(reason),
  });
  served.onAbort = () => collector.cancel();
  collector.start();
}

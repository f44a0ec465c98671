import { MAX_RECORD_CONTENT, ParamList, Role } from "@x/protocol";
import type { OversizedParam, ParamsInput, ParamValue } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";

import { toBody } from "./body.ts";
import type { DispatchOptions, RequestTimeouts, RoleName } from "./dispatcher.ts";
import type { InputBodies } from "./request-input.ts";

/** What holds for each request unless its own options say otherwise. */
export type DispatchDefaults = Record<keyof RequestTimeouts, number> & {
  /** Bytes of stderr kept for errors. */
  maxStderrBytes: number;
  /** Bytes held for a paused consumer that shares its connection. */
  streamBuffer: number;
  /** ms for which it may stop the others then. */
  stallTimeout: number;
};

/** The options of one request, checked, with defaults filled in. */
export interface DispatchPlan extends InputBodies, DispatchDefaults {
  params: ParamList;
  signal: AbortSignal | undefined;
  idempotent: boolean;
  reuse: boolean | "multiplexed";
  oversizedParam: OversizedParam;
}

const ROLES: Readonly<Record<RoleName, Role>> = {
  responder: Role.Responder,
  authorizer: Role.Authorizer,
  filter: Role.Filter,
};

/** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` */
export function planDispatch(options: DispatchOptions, defaults: DispatchDefaults): DispatchPlan {
  const role = ROLES[options.role ?? "responder"];
  if (role === undefined)
    throw invalid(`The role ${String(options.role)} is none of ${Object.keys(ROLES).join(", ")}.`);
  const data = toBody(options.data);
  if (data !== undefined && role !== Role.Filter) throw invalid("Only a request with the role filter has data.");
  if (typeof options.params !== "object" || options.params === null) throw invalid("A request needs params.");
  return {
    role,
    params: toParamList(options.params),
    stdin: toBody(options.stdin),
    data,
    signal: options.signal,
    idempotent: options.idempotent ?? false,
    reuse: readReuse(options.reuse),
    oversizedParam: options.oversizedParam ?? "error",
    connectTimeout: milliseconds("connectTimeout", options.connectTimeout ?? defaults.connectTimeout),
    queueTimeout: milliseconds("queueTimeout", options.queueTimeout ?? defaults.queueTimeout),
    headersTimeout: milliseconds("headersTimeout", options.headersTimeout ?? defaults.headersTimeout),
    bodyTimeout: milliseconds("bodyTimeout", options.bodyTimeout ?? defaults.bodyTimeout),
    sendTimeout: milliseconds("sendTimeout", options.sendTimeout ?? defaults.sendTimeout),
    timeout: milliseconds("timeout", options.timeout ?? defaults.timeout),
    maxStderrBytes: defaults.maxStderrBytes,
    streamBuffer: defaults.streamBuffer,
    stallTimeout: defaults.stallTimeout,
  };
}

function readReuse(reuse: DispatchOptions["reuse"] = true): boolean | "multiplexed" {
  if (typeof reuse === "boolean" || reuse === "multiplexed") return reuse;
  throw invalid(`reuse is true, false or "multiplexed", not ${String(reuse)}.`);
}

/** Any form of params as a list, which can be read again when the request is repeated. */
export function toParamList(params: ParamsInput): ParamList {
  if (params instanceof ParamList) return params;
  const pairs: Pairs = Array.isArray(params)
    ? params
    : Symbol.iterator in params
      ? [...params]
      : Object.entries(params);
  // Lists of the right size at once, instead of lists that grow.
  /* oxlint-disable unicorn/no-new-array */
  const names = new Array<string>(pairs.length);
  const values = new Array<ParamValue>(pairs.length);
  /* oxlint-enable */
  let count = 0;
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index]!;
    if (pair[1] === undefined) continue;
    names[count] = pair[0];
    values[count++] = pair[1];
  }
  names.length = values.length = count;
  return new ParamList(undefined, names, values);
}

type Pairs = readonly (readonly [string, ParamValue | undefined])[];

/** The error for a param that no record can hold: known before anybody is dialled. */
export function findTooLargeParam({ params, oversizedParam }: DispatchPlan): FastCGIError | undefined {
  if (oversizedParam === "split") return undefined;
  for (let index = 0; index < params.names.length; index++) {
    const length = params.pairLength(index);
    if (length <= MAX_RECORD_CONTENT) continue;
    const name = JSON.stringify(params.names[index]);
    const message = `The param ${name} has ${length} bytes; a record holds ${MAX_RECORD_CONTENT}.`;
    return new FastCGIError("FCGI_ERR_PARAM_TOO_LARGE", message, { phase: "request" });
  }
  return undefined;
}

/** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when `value` is not a time */
export function milliseconds(name: string, value: number): number {
  if (typeof value === "number" && value >= 0 && value < 2 ** 31) return value;
  throw invalid(`${name} is a number of milliseconds, 0 for no limit; ${String(value)} is not.`);
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
}

/**
 * FastCGI 1.0 as bytes: records, name-value pairs, management values. No I/O, no timers, no
 * dependency: it runs wherever there is a `Uint8Array`.
 *
 * @packageDocumentation
 */

export {
  FCGI_HEADER_LEN,
  FCGI_KEEP_CONN,
  FCGI_LISTENSOCK_FILENO,
  FCGI_MAX_LENGTH,
  FCGI_MAX_REQUEST_ID,
  FCGI_NULL_REQUEST_ID,
  FCGI_VERSION_1,
  MAX_RECORD_CONTENT,
  ProtocolStatus,
  RecordType,
  Role,
  ValueName,
} from "./constants.ts";
export { RecordDecoder } from "./decoder.ts";
export type { RecordHandler } from "./decoder.ts";
export { RecordOutput } from "./record-output.ts";
export { encodeRecord, records } from "./records.ts";
export type {
  BeginRequestRecord,
  ContentRecord,
  ContentRecordType,
  EndRequestRecord,
  FastCGIRecord,
  RecordInput,
  UnknownTypeRecord,
} from "./record-types.ts";
export { decodeNameValues, encodeNameValues } from "./name-values.ts";
export { ParamList } from "./param-list.ts";
export type { ParamsInput, ParamValue } from "./param-list.ts";
export type { OversizedParam } from "./params-records.ts";
export { Params } from "./params.ts";
export { readCapabilities } from "./values.ts";
export type { Capabilities } from "./values.ts";
export { describeRecord } from "./describe-record.ts";
export type { DescribeRecordOptions } from "./describe-record.ts";
export { readHexdump } from "./hexdump.ts";
export type { HexdumpStream, ReadHexdumpOptions } from "./hexdump.ts";
export { FastCGIError, isFastCGIError } from "./errors.ts";
export type { FastCGIErrorCode, FastCGIErrorOptions, FastCGIErrorPhase } from "./errors.ts";

// Symbols above are for every user; those below are for whoever builds a tool on single records.

export { FIXED_BODY_LEN, readBeginRequest, readEndRequest, writeBeginRequest, writeEndRequest } from "./bodies.ts";
export type { BeginRequestBody, EndRequestBody } from "./bodies.ts";
export { paddingFor, readRecordHeader, writeRecordHeader } from "./header.ts";
export type { RecordHeader } from "./header.ts";

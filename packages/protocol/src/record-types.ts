import type { RecordType } from "./constants.ts";

/** One whole record. The fixed bodies are told as fields, all other content as bytes. */
export type FastCGIRecord = BeginRequestRecord | EndRequestRecord | UnknownTypeRecord | ContentRecord;

/** BEGIN_REQUEST (FastCGI 1.0 §5.1). */
export interface BeginRequestRecord {
  /** 1. */
  type: typeof RecordType.BeginRequest;
  /** 1 to 65,535. */
  requestId: number;
  /** One of `Role`, or a number that the specification does not have. */
  role: number;
  /** Does the application leave the connection open after the request? */
  keepConn: boolean;
}

/** END_REQUEST (FastCGI 1.0 §5.5). */
export interface EndRequestRecord {
  /** 3. */
  type: typeof RecordType.EndRequest;
  /** 1 to 65,535. */
  requestId: number;
  /** The application's exit status, unsigned 32 bits. */
  appStatus: number;
  /** One of `ProtocolStatus`, or a number that the specification does not have. */
  protocolStatus: number;
}

/** UNKNOWN_TYPE (FastCGI 1.0 §4.2). */
export interface UnknownTypeRecord {
  /** 11. */
  type: typeof RecordType.UnknownType;
  /** 0. */
  requestId: number;
  /** The type that the application does not know. */
  unknownType: number;
}

/** Any other record. */
export interface ContentRecord {
  /** One of `RecordType`, or a number that the specification does not have. */
  type: ContentRecordType;
  /** 0 for management records. */
  requestId: number;
  /** At most 65,535 bytes; none at the end of a stream. */
  content: Uint8Array;
}

/** The types whose content is a stream or a name-value list, and any number that the specification does not have. */
export type ContentRecordType = Exclude<RecordType, 1 | 3 | 11> | (number & {});

/** What `encodeRecord` takes: a record with the usual defaults. */
export type RecordInput =
  | (Pick<BeginRequestRecord, "type" | "requestId"> & Partial<Pick<BeginRequestRecord, "role" | "keepConn">>)
  | (Pick<EndRequestRecord, "type" | "requestId"> & Partial<Pick<EndRequestRecord, "appStatus" | "protocolStatus">>)
  | Pick<UnknownTypeRecord, "type" | "unknownType">
  | (Record<"type", Exclude<RecordType, 1 | 3 | 11>> & Partial<Pick<ContentRecord, "requestId" | "content">>);

/** The version byte of every record (FastCGI 1.0 §3.3). */
export const FCGI_VERSION_1 = 1;

/** Bytes of a record header (FastCGI 1.0 §8). */
export const FCGI_HEADER_LEN = 8;

/** The most content bytes that a record can claim (FastCGI 1.0 §8). */
export const FCGI_MAX_LENGTH = 65_535;

/**
 * The most content bytes that we put into one record: the largest multiple of 8, so that content
 * plus padding never exceeds 65,535, which PHP refuses, and a full record needs no padding.
 */
export const MAX_RECORD_CONTENT = 65_528;

/** The file descriptor on which a spawned application listens (FastCGI 1.0 §2.2). */
export const FCGI_LISTENSOCK_FILENO = 0;

/** The request id of management records (FastCGI 1.0 §3.3). */
export const FCGI_NULL_REQUEST_ID = 0;

/** The largest request id. */
export const FCGI_MAX_REQUEST_ID = 65_535;

/** Flag of BEGIN_REQUEST: the application leaves the connection open (FastCGI 1.0 §5.1). */
export const FCGI_KEEP_CONN = 1;

/** Record types (FastCGI 1.0 §8). */
export const RecordType = {
  /** The web server begins a request (FastCGI 1.0 §5.1). */
  BeginRequest: 1,
  /** The web server gives a request up (FastCGI 1.0 §5.4). */
  AbortRequest: 2,
  /** The application ends a request (FastCGI 1.0 §5.5). */
  EndRequest: 3,
  /** Stream of name-value pairs to the application (FastCGI 1.0 §5.2). */
  Params: 4,
  /** Stream of the request body to the application (FastCGI 1.0 §5.3). */
  Stdin: 5,
  /** Stream of the response to the web server (FastCGI 1.0 §5.3). */
  Stdout: 6,
  /** Stream for the web server's error log (FastCGI 1.0 §5.3). */
  Stderr: 7,
  /** Stream of the file that a Filter works on (FastCGI 1.0 §5.3, §6.4). */
  Data: 8,
  /** The web server asks what the application can do (FastCGI 1.0 §4.1). */
  GetValues: 9,
  /** The answer to it (FastCGI 1.0 §4.1). */
  GetValuesResult: 10,
  /** The answer to a management record of a type that is not known (FastCGI 1.0 §4.2). */
  UnknownType: 11,
} as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/** What the application is asked to be (FastCGI 1.0 §6). */
export const Role = {
  /** Answers an HTTP request (FastCGI 1.0 §6.2). */
  Responder: 1,
  /** Says whether a request may be answered (FastCGI 1.0 §6.3). */
  Authorizer: 2,
  /** Answers with a file that it changes (FastCGI 1.0 §6.4). */
  Filter: 3,
} as const;
export type Role = (typeof Role)[keyof typeof Role];

/** How a request ended, seen by the protocol (FastCGI 1.0 §5.5). */
export const ProtocolStatus = {
  /** The normal end. */
  RequestComplete: 0,
  /** The application does not run several requests on one connection. */
  CantMpxConn: 1,
  /** The application is out of some resource. */
  Overloaded: 2,
  /** The application does not know the role. */
  UnknownRole: 3,
} as const;
export type ProtocolStatus = (typeof ProtocolStatus)[keyof typeof ProtocolStatus];

/** Names of GET_VALUES (FastCGI 1.0 §4.1). */
export const ValueName = {
  /** The most connections that the application accepts at once. */
  MaxConns: "FCGI_MAX_CONNS",
  /** The most requests that it runs at once. */
  MaxReqs: "FCGI_MAX_REQS",
  /** "1" when it runs several requests on one connection, else "0". */
  MpxsConns: "FCGI_MPXS_CONNS",
} as const;

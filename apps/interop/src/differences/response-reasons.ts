import type { Chapter } from "./reasons.ts";

const status = /^status$/;

/** Which answers of an application are taken. */
export const ANSWERS: Chapter = {
  title: "Answers of applications: which are taken",
  reasons: [
    {
      why: "A Status is three digits from 200 to 599, there once; an HTTP status line is none of CGI's (RFC 3875 §6.3.3, §5, TG02). What cannot be read is 502, as nginx has it, and not 500, or a head that no client can read.",
      field: status,
      name: /^answer: (?:Status of no number|Status of two digits|Status of four digits|Status 600|Status twice|HTTP\/1\.1 line)$/,
    },
    {
      why: "100 and 101 are the server's to say: passed on they leave the client waiting for an answer, or in a protocol that nobody speaks (TG03).",
      field: status,
      name: /^answer: Status 10[01]$/,
    },
    {
      why: "103 before the final head is passed on as Early Hints (RFC 8297); others take it for the final head, or refuse it.",
      field: /^(?:status|body|header (?:content-length|link))$/,
      name: /^answer: Status 103 and a final head$/,
    },
    {
      why: "A Location that is a path and stands alone is a local redirect: the server answers with what is there (RFC 3875 §6.2.2, TG12).",
      field: status,
      name: /^answer: Location(?:, a path| of a HEAD)$/,
    },
    {
      why: "Any other Location without Status is a redirect of the client, 302 (RFC 3875 §6.2.3, TG12); two slashes begin a host and no path.",
      field: status,
      name: /^answer: Location, (?:absolute|a path, and more fields|two slashes)$/,
    },
    {
      why: "A Status of the application's stays, also beside a Location (RFC 3875 §6.2.4, RFC 9110 §10.2.2).",
      field: status,
      name: /^answer: Location, with Status 201$/,
    },
    {
      why: "A head has at least one of Content-Type, Location and Status, and each of them once (RFC 3875 §6.3): what has none is text that went astray.",
      field: status,
      name: /^answer: (?:Content-Type twice|no known field|empty head)$/,
    },
    {
      why: "No head at all, or half of one, is a failure of the application, and no page (RFC 3875 §6.1, TF08, TF15). HAProxy 2.6 waits without end for a head, and dies of half of one.",
      field: status,
      name: /^answer: (?:nothing|head without end|of stderr alone|text before the head)$/,
    },
    {
      why: "A header line that is malformed is refused and not repaired: what one proxy repairs is a header to the next (RFC 9112 §5.1, §5.2, TG01, TG09).",
      field: status,
      name: /^answer: (?:folded line|space before the colon|space in a name|empty name|(?:control byte|NUL|bare CR) in a value)$/,
    },
    {
      why: "A head may have 64 KiB (TG17). nginx has 4 or 8 KiB, Apache 8 KiB for a line, HAProxy 16 KiB.",
      field: status,
      name: /^answer: field of (?:10,000|100,000) bytes$/,
    },
    {
      why: "A body that is shorter than announced is no whole answer. Known before the head went out it is 502, later the connection is cut (TG06); mod_proxy_fcgi makes it whole.",
      field: status,
      name: /^answer: Content-Length, (?:too long|and an empty body)$/,
    },
    {
      why: "What is longer than announced is cut, since it would be the next response on the connection (TG05).",
      field: /^(?:status|body|header content-length)$/,
      name: /^answer: Content-Length, too short$/,
    },
    {
      why: "A Content-Length that is no number of bytes, or two that differ, leave the end of the body open: 502 (RFC 9110 §8.6, TG04).",
      field: status,
      name: /^answer: Content-Length, (?:no number|negative|two that differ)$/,
    },
    {
      why: "A body where none may be is dropped, and the rest of the answer is good (RFC 9110 §6.4.1, TG11).",
      field: status,
      name: /^answer: (?:HEAD, body sent|204 with a body|304 with a body)$/,
    },
    {
      why: "STDOUT has no transfer coding. The field goes, and the body stays what it is (RFC 3875 §6.3.4, TG07); others believe it.",
      field: /^(?:status|body|header content-length|header transfer-encoding)$/,
      name: /^answer: Transfer-Encoding/,
    },
    {
      why: "Files are sent for an application, and internal paths looked up, where a route says so (sendfile); nginx does it for everybody (TG13).",
      field: status,
      name: /^answer: X-Accel-Redirect$/,
      server: /^nginx$/,
    },
  ],
};

/** What the client is told about a response. */
export const HEADERS: Chapter = {
  title: "Headers and bodies of responses",
  reasons: [
    {
      why: "A server need not say what it is, and a name helps most whoever looks for its holes (RFC 9110 §10.2.4); `headers` of the configuration can add one.",
      field: /^header server$/,
      ours: /^absent$/,
    },
    {
      why: "Date and Server of the application are its own, and there once (RFC 9110 §6.6.1).",
      field: /^header (?:date|server)$/,
      name: /^answer: Date and Server$/,
    },
    {
      why: "A response of which all has come before its head goes out has a Content-Length, and needs no chunks (RFC 9112 §6.2).",
      field: /^header (?:content-length|transfer-encoding)$/,
      server: /^(?:nginx|Apache .*)$/,
      theirs: /^(?:absent|chunked)$/,
    },
    {
      why: "HTTP/1.0 has no chunks: HAProxy and Caddy end the body with the connection, where we know its length.",
      field: /^header (?:content-length|connection)$/,
      name: /HTTP\/1\.0/,
      server: /^(?:HAProxy|Caddy)$/,
    },
    {
      why: "Not sent with 204 (RFC 9110 §8.6).",
      field: /^header content-length$/,
      name: /^answer: 204/,
    },
    {
      why: "What is announced for HEAD and 304 is what the application announces, and nothing else (RFC 9110 §8.6); the length of a body that it should not have sent is no such word.",
      field: /^header content-length$/,
      name: /^answer: (?:HEAD|304)/,
    },
    {
      why: "A Content-Length that stands there twice with the same number is one (RFC 9110 §8.6, TG04).",
      field: /^header content-length$/,
      name: /^answer: Content-Length, twice the same$/,
    },
    {
      why: "Fields of one connection, and those that Connection names, end at the gateway (RFC 9110 §7.6.1, TG08).",
      field: /^header (?:connection|keep-alive|proxy-authenticate|te|trailer|upgrade|x-hop)$/,
      name: /^answer: (?:Connection and Keep-Alive|field named by Connection|Trailer|Upgrade)/,
    },
    {
      why: "Orders to a web server name files and internal paths, and CGI's own extension fields are for the server: never for a client's eyes (RFC 3875 §6.3.5, TG13, TG15).",
      field: /^header (?:x-accel-redirect|x-accel-buffering|x-sendfile|x-cgi-local)$/,
      ours: /^absent$/,
    },
    {
      why: "Status is the response line, and no header (RFC 3875 §6.3.3).",
      field: /^header status$/,
      server: /^Caddy$/,
    },
    {
      why: "A field without value is as good as not sent (RFC 3875 §6.3).",
      field: /^header x-empty$/,
      ours: /^absent$/,
    },
    {
      why: "Repeated fields stay apart (RFC 9110 §5.3 lets a recipient join them, and Set-Cookie shows why it should not).",
      field: /^header x-twice$/,
    },
    {
      why: "Whether ranges of it may be asked for says who makes the response (RFC 9110 §14.3).",
      field: /^header accept-ranges$/,
      server: /^lighttpd$/,
    },
    {
      why: "The Content-Type is the application's: none is guessed, none is added to a redirect, none is taken from a 204 (RFC 9110 §8.3, TG19).",
      field: /^header content-type$/,
    },
    {
      why: "A redirect without body stays without; Apache writes a page for it.",
      field: /^(?:body|header content-length)$/,
      name: /^answer: Location, absolute$/,
      server: /^Apache fcgid$/,
    },
    {
      why: "A 205 has no body, whatever the application sends (RFC 9110 §15.3.6).",
      field: /^(?:body|header (?:content-length|transfer-encoding))$/,
      name: /^answer: 205/,
    },
  ],
};

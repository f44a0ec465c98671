import type { Chapter } from "./reasons.ts";

const status = /^status$/;

/** Requests that we refuse and others take, and the other way round. */
export const REFUSALS: Chapter = {
  title: "Requests: who takes what",
  reasons: [
    {
      why: "Only methods with a registered meaning pass, spelt as they are registered; others are 501, since nobody could say what they do and whether they may be repeated (RFC 9110 §15.6.2, §16.1, TA26). What is no method at all is 400.",
      field: status,
      name: /^method: (?:BREW|lower case|not a token)$/,
    },
    { why: "lighttpd does not know M-SEARCH (UPnP).", field: status, name: /^method: M-SEARCH$/ },
    {
      why: "TRACE shows a script the credentials that it must not see, and there is no tunnel to a FastCGI application: both are 405 (RFC 9110 §9.3.6, §9.3.8, TA25, TA26).",
      field: status,
      name: /^method: (?:TRACE|CONNECT)$/,
    },
    {
      why: "OPTIONS * asks about the server itself, so the server answers and no application is asked (RFC 9110 §9.3.7, TC07).",
      field: status,
      name: /^method: OPTIONS \*$/,
    },
    {
      why: "A POST without length and coding has an empty body, and needs no length (RFC 9112 §6.3).",
      field: status,
      name: /^(?:method: POST|body: no length)$/,
      server: /^lighttpd$/,
    },
    {
      why: "Every method may have a body, and the application is the one to know what it means (RFC 9110 §9.3.1, TA23).",
      field: status,
      name: /^body: (?:chunked, )?of a GET$/,
      server: /^lighttpd$/,
    },
    {
      why: "An encoded slash or backslash would be a separator to one and a letter to another, and a bare backslash stands in no URI (RFC 3986 §2.2, TC13, TD01). Apache hides the first (404).",
      field: status,
      name: /^path: (?:encoded slash|encoded backslash|backslash)$/,
    },
    {
      why: "Encoded control characters end names and lines elsewhere: no path has them (TC09, TC10).",
      field: status,
      name: /^path: encoded (?:NUL|line feed)$/,
    },
    {
      why: "A target holds only what a URI may hold (RFC 9112 §3.2, RFC 3986 §3.3, TC08, TB04): what one server repairs, another reads otherwise.",
      field: status,
      name: /^(?:path: (?:bare UTF-8|fragment|with a space|broken percent sign)|query: bare UTF-8|line: two spaces)$/,
    },
    {
      why: "A path is bytes, decoded once; what is no UTF-8 is a file name like any other, and never a dot (TC12).",
      field: status,
      name: /^path: encoded overlong dot$/,
    },
    {
      why: "A path that leads above the root is an attack or a mistake: it is refused and not bent (TD01).",
      field: status,
      name: /^path: above the root$/,
    },
    {
      why: "Targets may have 8 KiB, as nginx has it, and longer ones are 414 (limits.target, TA29). Apache looks for a file of that name first.",
      field: status,
      name: /^path: (?:4,000|20,000) bytes$/,
    },
    {
      why: "The query is the application's, byte by byte (RFC 3875 §4.1.7, TC17).",
      field: status,
      name: /^query: encoded (?:NUL|line feed)$/,
      server: /^lighttpd$/,
    },
    {
      why: "A target of another server than Host names, or of another scheme than the connection has, is refused: one of both lies (RFC 9112 §3.2.2, TC03).",
      field: status,
      name: /^line: absolute form of another (?:host|scheme)$/,
    },
    {
      why: "An absolute target without path means the root (RFC 9112 §3.2.2).",
      field: status,
      name: /^line: absolute form without path$/,
    },
    {
      why: "HTTP/0.9 has been gone since 1996, and a line that names no version is a half one (TA28).",
      field: status,
      name: /^line: HTTP\/0\.9$/,
    },
    {
      why: "No client sends such a line: HTTP/1.2 does not exist, though it might be read as HTTP/1.1 (RFC 9110 §2.5), and HTTP/2 begins with a preface of its own (TA27).",
      field: status,
      name: /^line: HTTP\/(?:1\.2|2\.0)$/,
    },
    {
      why: "An empty line before a request is skipped, since old clients send one (RFC 9112 §2.2).",
      field: status,
      name: /^line: empty line before it$/,
    },
    {
      why: "Lines of requests end in CR LF. RFC 9112 §2.2 allows to be lenient, and request smuggling lives on two servers that are so in different ways.",
      field: status,
      name: /line feeds alone$/,
      ours: /^400/,
    },
    {
      why: "One Host, and that a name or address with a port or none; all else is 400 (RFC 9112 §3.2, TC01, TC02).",
      field: status,
      name: /^(?:Host: (?:missing|empty|twice the same|user in it|port too large|path in it|two in one)|connection: a bad request after a good one)$/,
    },
    {
      why: "A header line is a token, a colon and text: no fold, no control character, no line without a colon (RFC 9112 §5, RFC 9110 §5.5).",
      field: status,
      name: /^header: (?:no colon|empty name|folded|control byte in the value|NUL in the value)$/,
    },
    {
      why: "Header lines may have 16 KiB in all, and be 100 (limits.headerBytes, limits.headerLines, TA29); each of the others has limits of its own.",
      field: status,
      name: /^header: (?:50,000 bytes in twenty lines|150 lines)$/,
    },
    {
      why: "A field with one value that stands there twice is refused: which of both counts would be a guess (RFC 9110 §5.3, TE13).",
      field: status,
      name: /^header: (?:Content-Type|Authorization) twice$/,
    },
    {
      why: "An expectation that nobody knows is 417 (RFC 9110 §10.1.1, TA22).",
      field: status,
      name: /^header: Expect: unknown$/,
    },
    {
      why: "A range of what an application makes is the application's to cut; lighttpd cuts its whole answer (RFC 9110 §14.2).",
      field: status,
      name: /^header: Range$/,
      server: /^lighttpd$/,
    },
    {
      why: "Upgrade is ignored, since FastCGI has no way to carry another protocol (RFC 9110 §7.8, TA24).",
      field: status,
      name: /^header: Upgrade$/,
      server: /^HAProxy$/,
    },
    {
      why: "Where a body ends must not be open to two readings: both lengths, length and coding, a coding that is not chunked alone, or a coding in HTTP/1.0, are refused (RFC 9112 §6.1, §6.3, TA01, TA02, TA07, TA09, TA10). Which status, 400 or 501, is open where a coding is unknown.",
      field: status,
      name: /^body: (?:two equal lengths(?: in one field)?|chunked, with a length|length, then chunked|chunked twice|gzip, chunked|identity|unknown coding|chunked in HTTP\/1\.0)$/,
    },
    {
      why: "A chunk of no size is 400 at once (RFC 9112 §7.1, TA12).",
      field: status,
      name: /^body: chunked, size is no number$/,
    },
    {
      why: "Who ends the connection in the middle of a body is gone: there is nobody to answer, and the application is not asked for half of a body (RFC 9112 §8).",
      field: status,
      name: /^body: (?:shorter than its length|chunked, ends early|length of 20 digits)$/,
    },
    {
      why: "An empty chunked body is an empty body. HAProxy 2.6 never sends the end of it.",
      field: status,
      name: /^body: chunked, empty$/,
      server: /^HAProxy$/,
    },
    {
      why: "A client of HTTP/1.0 that asks for keep-alive gets it when the length of the answer is known (RFC 9112 §9.3): we know it, since the whole answer has come before its head goes out.",
      field: status,
      name: /^connection: HTTP\/1\.0 keep-alive$/,
    },
  ],
};

/** What the application is told about a request. */
export const PARAMS: Chapter = {
  title: "Params: what the application is told",
  reasons: [
    {
      why: "An application that takes every path is no script: SCRIPT_NAME is where it lies, empty for the root, and PATH_INFO is the rest (RFC 3875 §4.1.5, §4.1.13). nginx, Apache and HAProxy call every path a script; lighttpd and mod_fcgid its first segment, or what is there as a file.",
      field: /^param (?:SCRIPT_NAME|PATH_INFO|PATH_TRANSLATED)$/,
      server: /^(?!Caddy)/,
    },
    {
      why: "PATH_INFO is the clean path that routes and file checks have seen: no dot segments, no doubled slashes (TC15). REQUEST_URI has it as it came.",
      field: /^param PATH_INFO$/,
      server: /^Caddy$/,
    },
    {
      why: "PATH_TRANSLATED is the document root with the whole of PATH_INFO, its last slash too, and is there whenever PATH_INFO is (RFC 3875 §4.1.6).",
      field: /^param PATH_TRANSLATED$/,
      server: /^Caddy$/,
    },
    {
      why: "SCRIPT_FILENAME names a script, and there is none on this route. With scripts it is the file, without a prefix that PHP-FPM would have to cut off.",
      field: /^param SCRIPT_FILENAME$/,
      ours: /^absent$/,
    },
    { why: "The path after rewriting, as nginx has it.", field: /^param DOCUMENT_URI$/ },
    {
      why: "A request without body has no CONTENT_LENGTH: not empty, and not 0 (RFC 3875 §4.1.2).",
      field: /^param CONTENT_LENGTH$/,
      ours: /^absent$/,
      theirs: /^0?$/,
    },
    {
      why: "CONTENT_LENGTH is the number of bytes on STDIN, counted and written as a number (RFC 3875 §4.1.2, TA04), also for a chunked body, which is collected first; Caddy says -1.",
      field: /^param CONTENT_LENGTH$/,
    },
    {
      why: "CONTENT_TYPE is there when the client sends one (RFC 3875 §4.1.3); nothing is guessed for a POST.",
      field: /^param CONTENT_TYPE$/,
    },
    {
      why: "A variable about which nothing is known is left out, and not empty: a script asks whether it is set (RFC 3875 §4.1).",
      field: /^param (?:AUTH_TYPE|REMOTE_USER|REMOTE_IDENT|HTTP_USER_AGENT|HTTP_HOST)$/,
      ours: /^absent$/,
      theirs: /^$/,
    },
    {
      why: "An empty query is an empty QUERY_STRING: it must be there (RFC 3875 §4.1.7).",
      field: /^param QUERY_STRING$/,
      server: /^HAProxy$/,
      theirs: /^absent$/,
    },
    {
      why: "QUERY_STRING and REQUEST_URI are what the client sent, byte by byte (RFC 3875 §4.1.7, TC17); lighttpd and Caddy encode anew.",
      field: /^param (?:QUERY_STRING|REQUEST_URI)$/,
      name: /^(?:query|path): /,
      server: /^(?:lighttpd|Caddy)$/,
    },
    {
      why: "REQUEST_URI is path and query also when the target came in absolute form, and a path is never empty (RFC 9112 §3.2.2).",
      field: /^param REQUEST_URI$/,
      name: /^line: absolute form/,
    },
    {
      why: "SERVER_NAME is the host of the request in lower case, without port and last dot, IPv6 in brackets; without Host the address that was connected to (RFC 3875 §4.1.14, TC20). nginx has the configured server_name, which is empty here.",
      field: /^param SERVER_NAME$/,
    },
    {
      why: "SERVER_PORT is the port on which the request came (RFC 3875 §4.1.15), and not what Host says.",
      field: /^param SERVER_PORT$/,
    },
    {
      why: "HTTP_HOST is the Host field as it came; nginx and lighttpd give it in their own spelling, nginx without the port.",
      field: /^param HTTP_HOST$/,
    },
    {
      why: "The server's own address, and the scheme, are known and told, as nginx's fastcgi_params do.",
      field: /^param (?:SERVER_ADDR|REQUEST_SCHEME)$/,
      theirs: /^absent$/,
    },
    {
      why: "php-cgi refuses to run without REDIRECT_STATUS (cgi.force_redirect), so it is always there, as in nginx's fastcgi_params.",
      field: /^param REDIRECT_STATUS$/,
      theirs: /^absent$/,
    },
    {
      why: "Who a user is says the server's own authentication alone; there was none here (RFC 3875 §4.1.11, TE08).",
      field: /^param (?:REMOTE_USER|AUTH_TYPE)$/,
      ours: /^absent$/,
      theirs: /^(?:a|Basic)$/,
    },
    {
      why: "Apache and HAProxy withhold Authorization until they are told to pass it; an application that checks passwords itself needs it (TE08).",
      field: /^param HTTP_AUTHORIZATION$/,
      theirs: /^absent$/,
    },
    {
      why: "A repeated field is one variable, joined with a comma, cookies with a semicolon (RFC 3875 §4.1.18, RFC 9110 §5.3, RFC 9113 §8.2.3, TE13); two variables of one name leave it to the application which it takes.",
      field: /^param HTTP_(?:COOKIE|X_TWICE)$/,
      name: /twice$|repeated$/,
    },
    {
      why: "What Connection names is of the connection alone, and does not reach the application (RFC 9110 §7.6.1); Host, Cookie and Authorization cannot be taken away in this way (TE06).",
      field: /^param HTTP_(?:X_HOP|COOKIE)$/,
      name: /named by Connection$/,
    },
    {
      why: "Fields of one connection are not the application's, and its body comes without transfer coding (RFC 9110 §7.6.1, TE07).",
      field:
        /^param HTTP_(?:CONNECTION|KEEP_ALIVE|PROXY_AUTHORIZATION|PROXY_CONNECTION|TE|TRAILER|TRANSFER_ENCODING|UPGRADE)$/,
      ours: /^absent$/,
    },
    {
      why: "CONTENT_LENGTH and CONTENT_TYPE carry these; a second copy could differ (RFC 3875 §4.1.18, TE05).",
      field: /^param HTTP_CONTENT_(?:LENGTH|TYPE)$/,
      ours: /^absent$/,
    },
    {
      why: "HTTP_PROXY would be taken for the setting of that name (httpoxy, CVE-2016-5385, TE04).",
      field: /^param HTTP_PROXY$/,
      ours: /^absent$/,
    },
    {
      why: "HTTP_REDIRECT_STATUS and HTTP_HTTPS would be taken for words of the server (CVE-2024-8927, TE05).",
      field: /^param HTTP_(?:REDIRECT_STATUS|HTTPS)$/,
      ours: /^absent$/,
    },
    {
      why: "Names of other characters than letters, digits and hyphens do not become variables: X_Under would look like X-Under (TE01, TE02).",
      field: /^param HTTP_X(?:_DOT|_MARK|_UNDER|_BOTH_NAMES|\.DOT|!MARK)$/,
    },
    {
      why: "Of two names that make one variable only the one with hyphens does; in Caddy 2.6 chance decides (TE01).",
      field: status,
      name: /^header: underscore and hyphen$/,
    },
    {
      why: "Only a proxy that trustProxy names may say who the client is: from all others these fields go, and X-Forwarded-For is the client's address (TE09).",
      field: /^param HTTP_(?:X_FORWARDED_(?:FOR|PROTO|HOST)|FORWARDED|X_REAL_IP)$/,
      name: /^header: (?:X-Forwarded-\*|Forwarded|X-Real-IP)$/,
    },
    {
      why: "Caddy writes X-Forwarded-* as a proxy in front of HTTP does; for a FastCGI application REMOTE_ADDR, HTTP_HOST and REQUEST_SCHEME say it (RFC 3875 §4.1.8).",
      field: /^param HTTP_X_FORWARDED_(?:FOR|PROTO|HOST)$/,
      server: /^Caddy$/,
    },
    {
      why: "Expect is passed on as it came, beside our own 100 Continue.",
      field: /^param HTTP_EXPECT$/,
      theirs: /^absent$/,
    },
    {
      why: "An empty field is there, and empty (RFC 9110 §5.5, TE17).",
      field: /^param HTTP_X_EMPTY$/,
      theirs: /^absent$/,
    },
    {
      why: "White space around a value, tabs too, is no part of it (RFC 9110 §5.5).",
      field: /^param HTTP_X_WIDE$/,
    },
    {
      why: "Variables of Apache's own, and those of the request before its internal redirect; no CGI variable.",
      field: /^param (?:CONTEXT_DOCUMENT_ROOT|CONTEXT_PREFIX|SERVER_ADMIN|SERVER_SIGNATURE|REDIRECT_[A-Z_]+)$/,
      server: /^Apache/,
      ours: /^absent$/,
    },
    {
      why: "A variable of lighttpd's own: the path that it has made of another one.",
      field: /^param REDIRECT_URI$/,
      server: /^lighttpd$/,
    },
    {
      why: "The name of a client is not looked up for each request, and its address has REMOTE_ADDR already; RFC 3875 §4.1.9 allows to write it here as well.",
      field: /^param REMOTE_HOST$/,
      server: /^Caddy$/,
    },
    {
      why: "After a local redirect the variables are those of a request for the new path (RFC 3875 §6.2.2): method HEAD stays HEAD, and REQUEST_URI is the new path.",
      field: /^param (?:REQUEST_METHOD|REQUEST_URI)$/,
      name: /^answer: Location/,
    },
  ],
};

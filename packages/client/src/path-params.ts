/** PHP-FPM looks at SCRIPT_NAME alone; what others may ask for is there, too. */
export function pathParams(target: string): Record<string, string> {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  return {
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_PROTOCOL: "HTTP/1.1",
    SERVER_SOFTWARE: "x-client",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    REMOTE_ADDR: "127.0.0.1",
    REQUEST_METHOD: "GET",
    REQUEST_URI: target,
    SCRIPT_NAME: path,
    SCRIPT_FILENAME: path,
    QUERY_STRING: mark < 0 ? "" : target.slice(mark + 1),
  };
}

/**
 * A scripted backend for tests of programs that call FastCGI applications: in memory, or on a socket.
 *
 * @example
 * import { MockDispatcher } from "@x/client/mock";
 *
 * const php = new MockDispatcher();
 * php.intercept({ path: "/hello.php" }).reply(200, "Hello");
 * await greet(php); // the code under test, which takes a Dispatcher
 * php.assertNoPendingInterceptors();
 *
 * @packageDocumentation
 */

export { MockDispatcher } from "./mock-dispatcher.ts";
export { MockApplication } from "./mock-application.ts";
export type { MockApplicationOptions } from "./mock-application.ts";
export { MockBackend, MockInterceptor } from "./mock-backend.ts";
export { MockScope } from "./mock-scope.ts";
export type { MockDelay } from "./mock-scope.ts";
export type { MockBody, MockReply, MockReplyCallback } from "./mock-reply.ts";
export type { MockCall } from "./mock-call.ts";
export type { MockMatcher, TextMatcher } from "./mock-matcher.ts";

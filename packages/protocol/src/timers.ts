/**
 * One timer wheel for all timeouts of a process part: the deadlines of ten thousand requests cost one
 * interval of the host, and moving a deadline costs a few assignments.
 *
 * @packageDocumentation
 */

export { HostedTimers } from "./timers/hosted-timers.ts";
export type { TimersHost } from "./timers/hosted-timers.ts";
export { TimerWheel } from "./timers/timer-wheel.ts";
export type { Timer, TimerWheelOptions } from "./timers/timer-wheel.ts";

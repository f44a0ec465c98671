import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { TimerWheel } from "../../src/timers.ts";
import type { Timer, TimerWheelOptions } from "../../src/timers.ts";

/** A wheel with a clock that the test moves, and a log of what fired and when. */
function setUp(options: Omit<TimerWheelOptions, "now"> = {}, start = 0) {
  const state = { now: start, fired: [] as [name: string, at: number][] };
  const wheel = new TimerWheel({ now: () => state.now, ...options });
  const schedule = (name: string, delay: number): Timer =>
    wheel.schedule(delay, () => state.fired.push([name, state.now]));
  /** Moves the clock to a time and lets the wheel look at it. */
  const goTo = (time: number): void => {
    state.now = time;
    wheel.advance();
  };
  /** Moves the clock on in steps, as an interval does. */
  const walkTo = (time: number, step: number): void => {
    while (state.now < time) goTo(Math.min(state.now + step, time));
  };
  return { wheel, state, schedule, goTo, walkTo, names: (): string[] => state.fired.map(([name]) => name) };
}

describe("firing", () => {
  test("once, at the first tick at which the delay is over, never before", () => {
    const { wheel, goTo, schedule, state } = setUp({ resolution: 100 }, 1_000);
    const timer = schedule("a", 250);
    goTo(1_249);
    expect(state.fired).toEqual([]);
    goTo(1_299);
    expect(state.fired).toEqual([]);
    expect([timer.active, wheel.size]).toEqual([true, 1]);
    goTo(1_300);
    expect(state.fired).toEqual([["a", 1_300]]);
    expect([timer.active, wheel.size]).toEqual([false, 0]);
    goTo(99_999);
    expect(state.fired).toHaveLength(1);
  });

  test("a delay of whole ticks is over exactly then; a delay of 0 at the next tick", () => {
    const { goTo, schedule, names } = setUp({ resolution: 100 });
    schedule("b", 200);
    schedule("a", 0);
    goTo(99);
    expect(names()).toEqual([]);
    goTo(100);
    expect(names()).toEqual(["a"]);
    goTo(199);
    expect(names()).toEqual(["a"]);
    goTo(200);
    expect(names()).toEqual(["a", "b"]);
  });

  test("in the order of the deadlines, then of scheduling, also when all are late", () => {
    const { goTo, schedule, names } = setUp({ resolution: 10, slots: 4 });
    schedule("c", 95);
    schedule("b", 31);
    schedule("a", 30);
    schedule("d", 1_000);
    schedule("b2", 31);
    goTo(5_000);
    expect(names()).toEqual(["a", "b", "b2", "c", "d"]);
  });

  test("a delay of several turns of the wheel", () => {
    const { walkTo, schedule, state } = setUp({ resolution: 10, slots: 8 });
    for (const delay of [5, 75, 80, 85, 160, 1_000, 1_005]) schedule(String(delay), delay);
    walkTo(2_000, 10);
    expect(state.fired).toEqual([
      ["5", 10],
      ["75", 80],
      ["80", 80],
      ["85", 90],
      ["160", 160],
      ["1000", 1_000],
      ["1005", 1_010],
    ]);
  });

  test("a clock that jumps far fires each timer once, and none that is not due", () => {
    const { wheel, goTo, schedule, names } = setUp({ resolution: 100, slots: 16 });
    for (let index = 0; index < 100; index++) schedule(`t${index}`, index * 50);
    const later = schedule("later", 10_000_000);
    goTo(5_000_000);
    expect(names()).toEqual(Array.from({ length: 100 }, (_, index) => `t${index}`));
    expect([later.active, wheel.size]).toEqual([true, 1]);
    goTo(10_000_000);
    expect(names().at(-1)).toBe("later");
  });

  test("a clock that goes back only delays", () => {
    const { goTo, schedule, names } = setUp({ resolution: 100 }, 10_000);
    schedule("a", 500);
    goTo(10_300);
    goTo(9_000);
    schedule("b", 100);
    goTo(10_300);
    expect(names()).toEqual([]);
    goTo(10_500);
    expect(names()).toEqual(["b", "a"]);
  });

  test("an empty wheel may be left alone for any time", () => {
    const { goTo, schedule, names, state } = setUp({ resolution: 100, slots: 8 });
    state.now = 123_456;
    schedule("a", 100);
    goTo(123_555);
    expect(names()).toEqual([]);
    goTo(123_600);
    expect(names()).toEqual(["a"]);
  });
});

describe("cancel", () => {
  test("keeps a timer from firing, and may be repeated", () => {
    const { wheel, goTo, schedule, names } = setUp();
    const timers = ["a", "b", "c"].map((name) => schedule(name, 100));
    wheel.cancel(timers[1] as Timer);
    wheel.cancel(timers[1] as Timer);
    expect([timers[1]?.active, wheel.size]).toEqual([false, 2]);
    goTo(100);
    expect(names()).toEqual(["a", "c"]);
    wheel.cancel(timers[0] as Timer);
    expect(wheel.size).toBe(0);
  });

  test("works on a timer that is due in the same call", () => {
    const { wheel, goTo, schedule, names, state } = setUp();
    wheel.schedule(10, () => {
      state.fired.push(["first", state.now]);
      wheel.cancel(second);
      expect(wheel.size).toBe(1);
    });
    const second = schedule("second", 20);
    schedule("third", 30);
    goTo(1_000);
    expect(names()).toEqual(["first", "third"]);
    expect(wheel.size).toBe(0);
  });
});

describe("refresh", () => {
  test("counts the same delay anew", () => {
    const { wheel, goTo, schedule, state } = setUp({ resolution: 10 });
    const timer = schedule("a", 100);
    goTo(90);
    wheel.refresh(timer);
    goTo(180);
    expect(state.fired).toEqual([]);
    goTo(190);
    expect(state.fired).toEqual([["a", 190]]);
  });

  test("takes another delay, longer or shorter, and keeps it", () => {
    const { wheel, goTo, schedule, state } = setUp({ resolution: 10, slots: 4 });
    const timer = schedule("a", 100);
    wheel.refresh(timer, 500);
    goTo(400);
    wheel.refresh(timer, 20);
    goTo(410);
    expect(state.fired).toEqual([]);
    goTo(420);
    expect(state.fired).toEqual([["a", 420]]);
    wheel.refresh(timer);
    goTo(430);
    goTo(440);
    expect(state.fired.at(-1)).toEqual(["a", 440]);
  });

  test("to an earlier time is not put off, be it by one tick, or after a turn of the wheel", () => {
    const { wheel, goTo, schedule, state } = setUp({ resolution: 10, slots: 4 });
    wheel.refresh(schedule("one tick", 100), 90);
    const turned = schedule("turned", 40);
    wheel.refresh(turned, 80);
    goTo(40);
    wheel.refresh(turned, 20);
    goTo(50);
    goTo(60);
    goTo(80);
    goTo(90);
    expect(state.fired).toEqual([
      ["turned", 60],
      ["one tick", 90],
    ]);
  });

  test("arms a timer that has fired or was cancelled", () => {
    const { wheel, goTo, schedule, names } = setUp({ resolution: 10 });
    const fired = schedule("fired", 10);
    goTo(10);
    const cancelled = schedule("cancelled", 10);
    wheel.cancel(cancelled);
    wheel.refresh(fired);
    wheel.refresh(cancelled);
    expect([fired.active, cancelled.active, wheel.size]).toEqual([true, true, 2]);
    goTo(20);
    expect(names()).toEqual(["fired", "fired", "cancelled"]);
  });

  test("many times in a row holds a timer back for ever, and it is one timer still", () => {
    const { wheel, goTo, schedule, names } = setUp({ resolution: 10, slots: 4 });
    const timer = schedule("a", 35);
    for (let time = 0; time < 10_000; time += 7) {
      goTo(time);
      wheel.refresh(timer);
    }
    expect([names(), wheel.size]).toEqual([[], 1]);
    goTo(20_000);
    expect(names()).toEqual(["a"]);
  });

  test("works on a timer that is due in the same call", () => {
    const { wheel, goTo, schedule, names } = setUp({ resolution: 10 });
    wheel.schedule(5, () => wheel.refresh(late, 50));
    const late = schedule("late", 6);
    goTo(10);
    expect(names()).toEqual([]);
    expect([late.active, wheel.size]).toEqual([true, 1]);
    goTo(60);
    expect(names()).toEqual(["late"]);
  });
});

describe("inside a callback", () => {
  test("a new timer fires at a later tick, so that there is no loop", () => {
    const { wheel, goTo, state } = setUp({ resolution: 10 });
    let runs = 0;
    const again = (): void => {
      runs++;
      wheel.schedule(0, again);
    };
    again();
    goTo(10);
    expect(runs).toBe(2);
    goTo(5_000);
    expect(runs).toBe(3);
    expect(state.now).toBe(5_000);
  });

  test("the timer itself is over, and may be armed again", () => {
    const { wheel, goTo, state } = setUp({ resolution: 10 });
    const seen: boolean[] = [];
    const timer: Timer = wheel.schedule(10, () => {
      seen.push(timer.active);
      if (seen.length < 3) wheel.refresh(timer);
    });
    for (let time = 10; time <= 100; time += 10) goTo(time);
    expect(seen).toEqual([false, false, false]);
    expect([state.now, wheel.size]).toEqual([100, 0]);
  });

  test("an advance does nothing", () => {
    const { wheel, goTo, schedule, state, names } = setUp({ resolution: 10 });
    wheel.schedule(10, () => {
      state.now = 100;
      wheel.advance();
      expect(names()).toEqual([]);
    });
    schedule("a", 20);
    goTo(10);
    expect(names()).toEqual([]);
    wheel.advance();
    expect(names()).toEqual(["a"]);
  });

  test("an error keeps no other timer from firing, and is thrown at the end", () => {
    const { wheel, goTo, schedule, names } = setUp({ resolution: 10 });
    const failure = new Error("one");
    wheel.schedule(1, () => {
      throw failure;
    });
    wheel.schedule(2, () => {
      throw new Error("two");
    });
    schedule("a", 3);
    expect(() => goTo(10)).toThrow(failure);
    expect([names(), wheel.size]).toEqual([["a"], 0]);
    schedule("b", 5);
    goTo(20);
    expect(names()).toEqual(["a", "b"]);
  });
});

describe("arguments", () => {
  const refused = expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" });

  test.each([-1, Number.NaN, Infinity])("%d is no delay", (delay) => {
    const { wheel, schedule } = setUp();
    const timer = schedule("a", 1);
    expect(() => schedule("b", delay)).toThrow(refused);
    expect(() => wheel.refresh(timer, delay)).toThrow(refused);
    expect(wheel.size).toBe(1);
  });

  test.each([0, -1, Number.NaN, Infinity])("%d is neither a resolution nor a number of slots", (value) => {
    expect(() => setUp({ resolution: value })).toThrow(refused);
    expect(() => setUp({ slots: value })).toThrow(refused);
  });

  test("half a slot is none", () => {
    expect(() => setUp({ slots: 1.5 })).toThrow(refused);
  });

  test("a timer of another wheel is refused", () => {
    const timer = setUp().schedule("a", 1);
    const { wheel } = setUp();
    expect(() => wheel.cancel(timer)).toThrow(refused);
    expect(() => wheel.refresh(timer)).toThrow(refused);
    expect(() => wheel.cancel({ active: true })).toThrow(refused);
    expect(timer.active).toBe(true);
  });
});

/** The same thing done without cleverness: a list that is searched each time. */
class PlainTimers {
  readonly entries = new Map<number, { delay: number; deadline: number; order: number }>();
  readonly fired: number[] = [];
  #orders = 0;
  #tick = 0;
  readonly resolution: number;

  constructor(resolution: number) {
    this.resolution = resolution;
  }

  arm(id: number, now: number, delay: number): void {
    this.entries.set(id, { delay, deadline: now + delay, order: this.#orders++ });
  }

  advance(now: number): void {
    const tick = Math.floor(now / this.resolution);
    if (tick <= this.#tick) return;
    this.#tick = tick;
    const due = [...this.entries].filter(([, entry]) => Math.ceil(entry.deadline / this.resolution) <= tick);
    due.sort(([, one], [, other]) => one.deadline - other.deadline || one.order - other.order);
    for (const [id] of due) {
      this.entries.delete(id);
      this.fired.push(id);
    }
  }
}

test("does what a plain list of deadlines does, whatever is done to it", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("schedule" as const), delay: fc.nat(400) }),
    fc.record({ do: fc.constant("cancel" as const), id: fc.nat(30) }),
    fc.record({
      do: fc.constant("refresh" as const),
      id: fc.nat(30),
      delay: fc.option(fc.oneof(fc.nat(40), fc.nat(400)), { nil: undefined }),
    }),
    fc.record({ do: fc.constant("wait" as const), time: fc.oneof(fc.nat(30), fc.nat(2_000)), look: fc.boolean() }),
  );
  const wheels = fc.record({ resolution: fc.integer({ min: 1, max: 25 }), slots: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(wheels, fc.array(step, { maxLength: 60 }), (options, steps) => {
      let now = 0;
      const fired: number[] = [];
      const wheel = new TimerWheel({ now: () => now, ...options });
      const plain = new PlainTimers(options.resolution);
      const timers: Timer[] = [];
      const delays: number[] = [];
      for (const action of steps) {
        if (action.do === "schedule") {
          const id = timers.length;
          timers.push(wheel.schedule(action.delay, () => fired.push(id)));
          delays.push(action.delay);
          plain.arm(id, now, action.delay);
        } else if (action.do === "wait") {
          now += action.time;
          if (!action.look) continue;
          wheel.advance();
          plain.advance(now);
        } else if (action.id < timers.length) {
          const timer = timers[action.id] as Timer;
          if (action.do === "cancel") {
            wheel.cancel(timer);
            plain.entries.delete(action.id);
          } else {
            wheel.refresh(timer, action.delay);
            delays[action.id] = action.delay ?? (delays[action.id] as number);
            plain.arm(action.id, now, delays[action.id] as number);
          }
        }
        expect(fired).toEqual(plain.fired);
        expect(wheel.size).toBe(plain.entries.size);
        timers.forEach((timer, id) => expect(timer.active).toBe(plain.entries.has(id)));
      }
    }),
    { numRuns: 1_500 },
  );
});

/** Values of one power of two are told apart in so many steps: three significant digits, as HdrHistogram's. */
const STEPS = 1_024;
const STEP_BITS = 10;

/**
 * Counts times in µs, up to an hour and more, in memory that does not grow with their number: as HdrHistogram does,
 * with an error below 0.1 %.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array((53 - STEP_BITS + 1) * STEPS);
  #count = 0;
  #sum = 0;
  #squares = 0;
  #least = Infinity;
  #most = 0;

  get count(): number {
    return this.#count;
  }

  /** µs; 0 when there is none. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#least;
  }

  /** µs, exact. */
  get max(): number {
    return this.#most;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get deviation(): number {
    return this.#count === 0 ? 0 : Math.sqrt(Math.max(0, this.#squares / this.#count - this.mean ** 2));
  }

  /** @param value µs; what is negative counts as 0 */
  record(value: number): void {
    const whole = Math.max(0, Math.round(value));
    this.#counts[indexOf(whole)]!++;
    this.#count++;
    this.#sum += whole;
    this.#squares += whole * whole;
    this.#least = Math.min(this.#least, whole);
    this.#most = Math.max(this.#most, whole);
  }

  /** The value that `percent` of all do not exceed, in µs. */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index]!;
      if (seen >= rank) return Math.min(highest(index), this.#most);
    }
    return this.#most;
  }

  /** How many lie in ranges of equal ratio, from the least to the most: for a picture. */
  ranges(count: number): { to: number; count: number }[] {
    if (this.#count === 0) return [];
    const least = Math.max(1, this.#least);
    const ratio = (this.#most / least) ** (1 / count);
    if (ratio <= 1) return [{ to: this.#most, count: this.#count }];
    const ranges = Array.from({ length: count }, (_, index) => ({ to: least * ratio ** (index + 1), count: 0 }));
    for (let index = 0; index < this.#counts.length; index++) {
      const here = this.#counts[index]!;
      if (here === 0) continue;
      const at = Math.floor(Math.log(Math.max(least, lowest(index)) / least) / Math.log(ratio));
      ranges[Math.min(count - 1, at)]!.count += here;
    }
    return ranges;
  }
}

/** Below `STEPS` each value has a place of its own; above, each power of two has as many places. */
function indexOf(value: number): number {
  if (value < STEPS) return value;
  const power = Math.floor(Math.log2(value)) - STEP_BITS;
  return (power + 1) * STEPS + Math.floor(value / 2 ** power) - STEPS;
}

function lowest(index: number): number {
  if (index < STEPS) return index;
  const power = Math.floor(index / STEPS) - 1;
  return ((index % STEPS) + STEPS) * 2 ** power;
}

function highest(index: number): number {
  return index < STEPS ? index : lowest(index) + 2 ** (Math.floor(index / STEPS) - 1) - 1;
}

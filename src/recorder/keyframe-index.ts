/** Where keyframes are in a file, at most so many of them. */
export class KeyframeIndex {
  readonly #most: number;
  /** Every how manieth keyframe is kept. */
  #stride = 1;
  #seen = 0;
  #positions: number[] = [];
  #times: number[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Offsets of the keyframes' tags in the file. */
  get positions(): readonly number[] {
    return this.#positions;
  }

  /** Their times in milliseconds. */
  get times(): readonly number[] {
    return this.#times;
  }

  /** Takes the next keyframe; where there is no room, every second one is forgotten. */
  add(position: number, timeMs: number): void {
    const number = this.#seen++;
    if (number % this.#stride !== 0) return;
    if (this.#positions.length >= this.#most) {
      this.#positions = this.#positions.filter((_, index) => index % 2 === 0);
      this.#times = this.#times.filter((_, index) => index % 2 === 0);
      this.#stride *= 2;
      if (number % this.#stride !== 0) return;
    }
    this.#positions.push(position);
    this.#times.push(timeMs);
  }
}

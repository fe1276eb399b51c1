import type { ReadStream, WriteStream } from 'node:tty';

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** A terminal of which all is ours until it is given back: what was there before comes again. */
export class Screen {
  readonly #out: WriteStream;
  readonly #keys: ReadStream;
  /** Settles when somebody presses q or Ctrl-C, or a signal says so. */
  readonly left: Promise<void>;
  #leave = (): void => undefined;
  #lines: readonly string[] = [];

  constructor(out: WriteStream, keys: ReadStream) {
    this.#out = out;
    this.#keys = keys;
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    out.write(ENTER);
    out.on('resize', this.#draw);
    if (keys.isTTY) keys.setRawMode(true).on('data', this.#press).resume();
    process.once('SIGINT', this.quit).once('SIGTERM', this.quit);
  }

  /** Shows these lines instead of what is there; as many as there is room for. */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    this.#draw();
  }

  readonly quit = (): void => this.#leave();

  close(): void {
    this.#out.off('resize', this.#draw);
    this.#keys.off('data', this.#press).pause();
    if (this.#keys.isTTY) this.#keys.setRawMode(false);
    process.off('SIGINT', this.quit).off('SIGTERM', this.quit);
    this.#out.write(LEAVE);
  }

  // The terminal itself cuts lines that are too long.
  readonly #draw = (): void => {
    const lines = this.#lines.slice(0, this.#out.rows);
    this.#out.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  };

  readonly #press = (key: Buffer): void => {
    if (['q', 'Q', '\x03', '\x1b'].includes(key.toString())) this.quit();
  };
}

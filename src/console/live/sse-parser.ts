/** One event of a server-sent stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads a stream of server-sent events that comes in pieces, however it is cut. */
export class SseParser {
  #rest = '';
  #event = '';
  #data: string[] = [];

  /** Takes a piece of text and returns the events that it completes. */
  push(text: string): SseEvent[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #line(line: string): SseEvent[] {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return [];
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    return [];
  }

  #dispatch(): SseEvent[] {
    const found = this.#data.length === 0 ? [] : [{ event: this.#event, data: this.#data.join('\n') }];
    this.#event = '';
    this.#data = [];
    return found;
  }
}

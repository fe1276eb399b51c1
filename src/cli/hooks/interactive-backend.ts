import { type Action, isQuestion } from '../../model/events.ts';
import { ACCEPTED, type Answer, type Event, refuse } from '../callbacks/event.ts';
import { formatEvent } from '../callbacks/server.ts';

/** Treatment of questions that have not been put to anybody yet. */
type Mode = 'ask' | 'allow' | 'deny';

/** A question that waits for a key. */
interface Question {
  readonly event: Event;
  /** When the server ceases to wait, on the scale of `now`. */
  readonly until: number;
  settle(answer: Answer, how: string): void;
}

/** Output of the interactive backend. */
export interface Terminal {
  /** Writes a line that stays. */
  print(line: string): void;
  /** Milliseconds, of whatever origin. */
  now(): number;
}

const WAITING: Readonly<Record<Mode, string>> = {
  ask: 'waiting for events',
  allow: 'allowing all',
  deny: 'denying all',
};

const DENIED = 'denied by hand';

/** A person at the keys who lets clients in or not. Knows keys and lines; where they come from and go is its monitor's. */
export class InteractiveBackend {
  readonly #terminal: Terminal;
  readonly #waitMs: number;
  #mode: Mode;
  readonly #questions: Question[] = [];
  /** Text typed so far of the reason for a no; undefined while nobody types one. */
  #reason: string | undefined;

  /** The server is taken to wait for `waitMs` milliseconds. */
  constructor(terminal: Terminal, waitMs: number, mode: Mode) {
    this.#terminal = terminal;
    this.#waitMs = waitMs;
    this.#mode = mode;
  }

  /** Answers an event: one that is told at once, a question when a key says so. */
  async ask(event: Event, gone: AbortSignal): Promise<Answer> {
    if (!isQuestion(event.action as Action)) return this.#say(event, ACCEPTED, 'taken');
    if (this.#mode === 'allow') return this.#say(event, ACCEPTED, 'allowed');
    if (this.#mode === 'deny') return this.#say(event, denial(''), DENIED);
    return new Promise((resolve) => {
      const question: Question = {
        event,
        until: this.#terminal.now() + this.#waitMs,
        settle: (answer, how) => {
          const index = this.#questions.indexOf(question);
          if (index < 0) return;
          if (index === 0) this.#reason = undefined;
          this.#questions.splice(index, 1);
          resolve(this.#say(event, answer, how));
        },
      };
      this.#questions.push(question);
      gone.addEventListener('abort', () =>
        question.settle(denial(''), 'too late: the server does not wait any more'),
      );
    });
  }

  /** Takes keys. True if one of them means that it is over. */
  press(keys: string): boolean {
    for (const key of keys) {
      if (key === '\u0003' || key === '\u0004') return true;
      if (this.#reason === undefined) this.#choose(key);
      else this.#type(key, this.#reason);
    }
    return false;
  }

  /** Prompt for what is to be done now, on one line. */
  get prompt(): string {
    const [question] = this.#questions;
    if (!question) {
      const rest = 'A allows all from now on, D denies all, i asks, Ctrl-C ends';
      return `${WAITING[this.#mode]}; ${rest}`;
    }
    const seconds = Math.max(0, Math.ceil((question.until - this.#terminal.now()) / 1000));
    const others = this.#questions.length - 1;
    const more = others === 0 ? '' : `, ${others} more wait`;
    const { action, stream } = question.event;
    const what = `${action} ${stream}`.trim().replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
    if (this.#reason !== undefined) return `${what}: why not? (Enter denies) ${this.#reason}`;
    return `${what}: a allow, d deny, A allow all, D deny all (${seconds} s left${more})`;
  }

  #choose(key: string): void {
    const [question] = this.#questions;
    if (key === 'a') question?.settle(ACCEPTED, 'allowed');
    else if (key === 'd' && question) this.#reason = '';
    else if (key === 'A') this.#always('allow', ACCEPTED, 'allowed');
    else if (key === 'D') this.#always('deny', denial(''), DENIED);
    else if (key === 'i') this.#mode = 'ask';
  }

  #always(mode: Mode, answer: Answer, how: string): void {
    this.#mode = mode;
    for (const question of [...this.#questions]) question.settle(answer, how);
  }

  #type(key: string, reason: string): void {
    if (key === '\r' || key === '\n') {
      this.#questions[0]?.settle(denial(reason), `denied: ${reason.trim() || DENIED}`);
    } else if (key === '\u007f' || key === '\b') {
      this.#reason = Array.from(reason).slice(0, -1).join('');
    } else if (key === '\u001b') {
      this.#reason = undefined;
    } else if (!/[\p{Cc}\p{Cf}]/u.test(key)) {
      this.#reason = reason + key;
    }
  }

  #say(event: Event, answer: Answer, how: string): Answer {
    this.#terminal.print(`${new Date().toISOString()} ${formatEvent(event)} -> ${how}`);
    return answer;
  }
}

/** A no that every dialect understands: nginx-rtmp's looks at the status, SRS's at the code as well. */
function denial(reason: string): Answer {
  return refuse(403, reason.trim() || DENIED, 403);
}

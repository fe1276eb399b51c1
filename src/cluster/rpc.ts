import type { Deadline } from '../model/clock.ts';

/** Message from one end to the other. */
export type RpcMessage =
  /** `id` names the call in its answer; undefined where none is wanted. */
  | {
      readonly type: 'call';
      readonly id: number | undefined;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown };

type Method = (...args: never[]) => unknown;
type Methods<T> = { readonly [Name in keyof T]: Method };
type Result<M extends Method> = Awaited<ReturnType<M>>;

/**
 * Calls `Theirs`, the methods of the other process, and runs those that it calls here. Messages arrive in order and copy
 * what they carry. No method rejects: it says in its result what went wrong.
 */
export class Rpc<Theirs extends Methods<Theirs>> {
  readonly #send: (message: RpcMessage) => void;
  readonly #methods: ReadonlyMap<string, Method>;
  /** Calls without an answer yet, by id. */
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #lastId = 0;

  /** `methods` are what the other process may call. */
  constructor(send: (message: RpcMessage) => void, methods: Readonly<Record<string, Method>> = {}) {
    this.#send = send;
    this.#methods = new Map(Object.entries(methods));
  }

  /** Calls a method and resolves with its result. */
  call<Name extends keyof Theirs & string>(
    method: Name,
    ...args: Parameters<Theirs[Name]>
  ): Promise<Result<Theirs[Name]>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve as (result: unknown) => void);
      this.#send({ type: 'call', id, method, args });
    });
  }

  /** Calls a method; resolves with undefined if there is no answer by the deadline, or before this is closed. */
  async callBy<Name extends keyof Theirs & string>(
    deadline: Deadline,
    method: Name,
    ...args: Parameters<Theirs[Name]>
  ): Promise<Result<Theirs[Name]> | undefined> {
    let result: Result<Theirs[Name]> | undefined;
    const answered = this.call(method, ...args).then((answer) => {
      result = answer;
    });
    await deadline.bound(answered);
    return result;
  }

  /** Calls a method whose result nobody wants. */
  notify<Name extends keyof Theirs & string>(method: Name, ...args: Parameters<Theirs[Name]>): void {
    this.#send({ type: 'call', id: undefined, method, args });
  }

  /** Takes a message of the other process. */
  take(message: RpcMessage): void {
    if (message.type === 'answer') {
      this.#waiting.get(message.id)?.(message.result);
      this.#waiting.delete(message.id);
    } else void this.#run(message.id, message.method, message.args);
  }

  /** The other process has ended: it answers nothing more. */
  close(): void {
    for (const answer of this.#waiting.values()) answer(undefined);
    this.#waiting.clear();
  }

  async #run(id: number | undefined, method: string, args: readonly unknown[]): Promise<void> {
    const result = await this.#methods.get(method)?.(...(args as never[]));
    if (id !== undefined) this.#send({ type: 'answer', id, result });
  }
}

import type { Child } from './measure/children.ts';
import { startScript } from './measure/children.ts';
import { type Usage, usageOf } from './measure/process-usage.ts';
import type { Peer } from './peers.ts';

/** The server has the first core to itself; whatever makes its work runs on the second. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** How much a benchmark does. */
export interface Effort {
  /** Length of a measured window, in seconds. */
  readonly seconds: number;
  /** Runs of which the median counts. */
  readonly runs: number;
}

let lastPort = 21_935;

/** One server under load; everything that was started is stopped at the end. */
export interface Stage {
  readonly port: number;
  readonly server: Child;
  /** Starts a part of the load. */
  load(script: string, ...args: readonly (string | number)[]): Child;
  /** Starts a publisher and waits until a keyframe of it can be in the server's cache. */
  publish(streams?: number): Promise<Child>;
  /** CPU seconds and memory of the server. */
  usage(): Usage;
}

/** Starts a server, hands it to `act`, and stops it and all its load. */
export async function onStage<T>(peer: Peer, act: (stage: Stage) => Promise<T>): Promise<T> {
  lastPort += 1;
  const port = lastPort;
  const server = await peer.start(SERVER_CORE, port);
  const children: Child[] = [server];
  const load = (script: string, ...args: readonly (string | number)[]) => {
    const child = startScript(LOAD_CORE, script, args);
    children.push(child);
    return child;
  };
  try {
    return await act({
      port,
      server,
      load,
      async publish(streams = 1) {
        const publisher = load('load/publishers.ts', port, streams);
        await publisher.line();
        await pause(2200);
        return publisher;
      },
      usage: () => usageOf(server.pid),
    });
  } finally {
    for (const child of children.reverse()) await child.stop();
  }
}

/** CPU seconds between two readings. */
export function cpuSeconds(before: Usage, after: Usage): number {
  return after.userSeconds - before.userSeconds + after.systemSeconds - before.systemSeconds;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

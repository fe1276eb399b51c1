import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { ServerControl } from '../../model/control.ts';
import type { ProcessFacts } from '../../model/stats.ts';
import type { ServerBody } from '../schemas/server.ts';

/** The server as `/api/v2` shows it. */
export function serverBody(
  control: ServerControl,
  processes: readonly ProcessFacts[],
  user: string | null,
): ServerBody {
  const { version, serverId, serviceId, startedAt } = control;
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    version,
    serverId,
    serviceId,
    pid: process.pid,
    nodeVersion: process.version,
    startedAt,
    uptimeMs: Date.now() - startedAt,
    cpus: availableParallelism(),
    load: [one, five, fifteen],
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
    listening: control.listening(),
    workers: processes.map(({ totals: _totals, kinds: _kinds, ...facts }) => facts),
    user,
  };
}

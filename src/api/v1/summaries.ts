import { availableParallelism, cpus, freemem, loadavg, totalmem, uptime } from 'node:os';
import { cwd, memoryUsage, ppid } from 'node:process';
import type { ServerControl } from '../../model/control.ts';
import { maskText } from '../../model/secret-values.ts';
import type { ServerStats } from '../../model/stats.ts';
import type { SrsBody } from './bodies.ts';
import { type MachineReading, part, readMachine } from './machine.ts';

/**
 * The machine and the server as SRS shows them. Parts are of 1, where SRS has them so; what Node cannot see of the
 * machine, or what is no Linux, is 0.
 */
export class Summaries {
  readonly #control: Pick<ServerControl, 'version' | 'startedAt' | 'stats'>;
  #before: MachineReading | undefined;

  constructor(control: Pick<ServerControl, 'version' | 'startedAt' | 'stats'>) {
    this.#control = control;
  }

  async read(): Promise<SrsBody> {
    const [stats, machine] = await Promise.all([this.#control.stats.collectStats({}), readMachine()]);
    const before = this.#before ?? machine;
    this.#before = machine;
    const now = Date.now();
    return {
      ok: true,
      now_ms: now,
      self: this.#self(stats, now),
      system: system(stats, machine, before),
    };
  }

  #self({ processes }: ServerStats, now: number) {
    const { version, startedAt } = this.#control;
    const rss = processes.reduce((sum, { rssBytes }) => sum + rssBytes, 0) || memoryUsage().rss;
    const cpu = processes.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0);
    return {
      version,
      pid: process.pid,
      ppid,
      argv: maskText(process.argv.join(' ')),
      cwd: cwd(),
      mem_kbyte: Math.round(rss / 1024),
      mem_percent: part(rss, totalmem()),
      cpu_percent: round(cpu / 100),
      srs_uptime: Math.floor((now - startedAt) / 1000),
    };
  }
}

function system({ processes }: ServerStats, machine: MachineReading, before: MachineReading) {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  const total = totalmem();
  const idle = machine.cpuTotal - before.cpuTotal;
  const sum = (field: 'recvBytes' | 'sendBytes') =>
    processes.reduce((all, { totals }) => all + totals[field], 0);
  return {
    cpu_percent: idle > 0 ? round(1 - (machine.cpuIdle - before.cpuIdle) / idle) : 0,
    disk_read_KBps: 0,
    disk_write_KBps: 0,
    disk_busy_percent: 0,
    mem_ram_kbyte: Math.round(total / 1024),
    mem_ram_percent: part(total - freemem(), total),
    mem_swap_kbyte: machine.swapTotalKb,
    mem_swap_percent: part(machine.swapTotalKb - machine.swapFreeKb, machine.swapTotalKb),
    cpus: cpus().length,
    cpus_online: availableParallelism(),
    uptime: uptime(),
    // SRS spells it so.
    ilde_time: machine.idleSeconds,
    load_1m: one,
    load_5m: five,
    load_15m: fifteen,
    net_sample_time: machine.at,
    net_recv_bytes: machine.netRecvBytes,
    net_send_bytes: machine.netSendBytes,
    net_recvi_bytes: machine.innerRecvBytes,
    net_sendi_bytes: machine.innerSendBytes,
    srs_sample_time: machine.at,
    srs_recv_bytes: sum('recvBytes'),
    srs_send_bytes: sum('sendBytes'),
    conn_sys: machine.connections,
    conn_sys_et: machine.established,
    conn_sys_tw: machine.timeWait,
    conn_sys_udp: machine.udp,
    conn_srs: processes.reduce((all, { connections }) => all + connections, 0),
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

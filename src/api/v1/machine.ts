import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** What the kernel says of the machine; 0 wherever it does not. */
export interface MachineReading {
  /** Unix time in milliseconds. */
  readonly at: number;
  /** Time of all cores since the start, and the idle part of it, in milliseconds. */
  readonly cpuTotal: number;
  readonly cpuIdle: number;
  readonly idleSeconds: number;
  readonly swapTotalKb: number;
  readonly swapFreeKb: number;
  /** Bytes over interfaces to others, and over those of this machine alone. */
  readonly netRecvBytes: number;
  readonly netSendBytes: number;
  readonly innerRecvBytes: number;
  readonly innerSendBytes: number;
  /** TCP connections, those that are open, those that are waiting to be forgotten, and UDP sockets. */
  readonly connections: number;
  readonly established: number;
  readonly timeWait: number;
  readonly udp: number;
}

/** Reads the machine's counters from Linux's /proc. */
export async function readMachine(): Promise<MachineReading> {
  const [memory, devices, sockets, sockets6, snmp, uptime] = await Promise.all([
    textOf('/proc/meminfo'),
    textOf('/proc/net/dev'),
    textOf('/proc/net/sockstat'),
    textOf('/proc/net/sockstat6'),
    textOf('/proc/net/snmp'),
    textOf('/proc/uptime'),
  ]);
  const times = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({
    idle,
    total: user + nice + sys + idle + irq,
  }));
  const inUse = numberAfter(sockets, /^TCP: inuse (\d+)/m) + numberAfter(sockets6, /^TCP6: inuse (\d+)/m);
  const timeWait = numberAfter(sockets, /^TCP:.* tw (\d+)/m);
  return {
    at: Date.now(),
    cpuTotal: times.reduce((sum, { total }) => sum + total, 0),
    cpuIdle: times.reduce((sum, { idle }) => sum + idle, 0),
    idleSeconds: numberAfter(uptime, /^\S+ (\d+(?:\.\d+)?)/),
    swapTotalKb: numberAfter(memory, /^SwapTotal:\s+(\d+)/m),
    swapFreeKb: numberAfter(memory, /^SwapFree:\s+(\d+)/m),
    ...readDevices(devices),
    connections: inUse + timeWait,
    established: established(snmp),
    timeWait,
    udp: numberAfter(sockets, /^UDP: inuse (\d+)/m) + numberAfter(sockets6, /^UDP6: inuse (\d+)/m),
  };
}

/** A part of 1, with four digits; 0 of nothing. */
export function part(some: number, all: number): number {
  return all > 0 ? Math.round((some / all) * 10_000) / 10_000 : 0;
}

/** Received bytes are the first number of an interface, sent ones the ninth. */
function readDevices(text: string) {
  const sum = { netRecvBytes: 0, netSendBytes: 0, innerRecvBytes: 0, innerSendBytes: 0 };
  for (const [, name = '', numbers = ''] of text.matchAll(/^\s*(\S+):\s*(.*)$/gm)) {
    const fields = numbers.trim().split(/\s+/).map(Number);
    const [received = 0, sent = 0] = [fields[0], fields[8]];
    if (name === 'lo') {
      sum.innerRecvBytes += received;
      sum.innerSendBytes += sent;
    } else {
      sum.netRecvBytes += received;
      sum.netSendBytes += sent;
    }
  }
  return sum;
}

/** `Tcp:` has a line of names and one of numbers. */
function established(text: string): number {
  const [names = '', numbers = ''] = text.match(/^Tcp: .*$/gm) ?? [];
  const index = names.split(' ').indexOf('CurrEstab');
  return Number(numbers.split(' ')[index] ?? 0) || 0;
}

function numberAfter(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/** A file of /proc; empty where there is none. */
export async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}

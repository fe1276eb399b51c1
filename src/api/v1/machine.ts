import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { resourceUsage } from 'node:process';
import type { SrsBody } from './bodies.ts';

/** Figures of the machine from the kernel; 0 where it gives none. */
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

/** Resources that this process has used, as SRS shows them: seconds of CPU, kilobytes of memory. */
export function rusages(): SrsBody {
  const usage = resourceUsage();
  return {
    ok: true,
    sample_time: Date.now(),
    ru_utime: Math.floor(usage.userCPUTime / 1e6),
    ru_stime: Math.floor(usage.systemCPUTime / 1e6),
    ru_maxrss: usage.maxRSS,
    ru_ixrss: usage.sharedMemorySize,
    ru_idrss: usage.unsharedDataSize,
    ru_isrss: usage.unsharedStackSize,
    ru_minflt: usage.minorPageFault,
    ru_majflt: usage.majorPageFault,
    ru_nswap: usage.swappedOut,
    ru_inblock: usage.fsRead,
    ru_oublock: usage.fsWrite,
    ru_msgsnd: usage.ipcSent,
    ru_msgrcv: usage.ipcReceived,
    ru_nsignals: usage.signalsCount,
    ru_nvcsw: usage.voluntaryContextSwitches,
    ru_nivcsw: usage.involuntaryContextSwitches,
  };
}

/** Fields behind the name of a process in Linux's `/proc/PID/stat`, in the kernel's order; SRS has the same. */
const SELF_FIELDS = [
  ...['ppid', 'pgrp', 'session', 'tty_nr', 'tpgid', 'flags', 'minflt', 'cminflt', 'majflt', 'cmajflt'],
  ...['utime', 'stime', 'cutime', 'cstime', 'priority', 'nice', 'num_threads', 'itrealvalue', 'starttime'],
  ...['vsize', 'rss', 'rsslim', 'startcode', 'endcode', 'startstack', 'kstkesp', 'kstkeip', 'signal'],
  ...['blocked', 'sigignore', 'sigcatch', 'wchan', 'nswap', 'cnswap', 'exit_signal', 'processor'],
  ...['rt_priority', 'policy', 'delayacct_blkio_ticks', 'guest_time', 'cguest_time'],
];
const SYSTEM_FIELDS = ['user', 'nice', 'sys', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest'];

/** Figures of Linux's /proc in the words of SRS; where there is no /proc, `ok` is false and all are 0. */
export class MachineStats {
  #systemBefore: readonly number[] = [];
  #selfBefore = { at: 0, ticks: 0 };

  /** This process. `percent` is its part of one core since it was asked for last. */
  async self(): Promise<SrsBody> {
    const text = await textOf('/proc/self/stat');
    // The name may hold blanks and brackets.
    const [, comm = '', state = '', rest = ''] = /^\d+ (\(.*\)) (\S) (.*)$/s.exec(text) ?? [];
    const figures = numbers(rest);
    const named = Object.fromEntries(SELF_FIELDS.map((field, index) => [field, figures[index] ?? 0]));
    const at = Date.now();
    const ticks = (named['utime'] ?? 0) + (named['stime'] ?? 0);
    const before = this.#selfBefore;
    this.#selfBefore = { at, ticks };
    // A tick is a hundredth of a second.
    const percent = before.at > 0 ? part(10 * (ticks - before.ticks), at - before.at) : 0;
    return { ok: text !== '', sample_time: at, percent, pid: process.pid, comm, state, ...named };
  }

  /** All cores together, in hundredths of a second. `percent` is the part that was busy since it was asked for last. */
  async system(): Promise<SrsBody> {
    const text = await textOf('/proc/stat');
    const figures = numbers(/^cpu +(.*)$/m.exec(text)?.[1] ?? '').slice(0, SYSTEM_FIELDS.length);
    const before = this.#systemBefore;
    this.#systemBefore = figures;
    const elapsed = figures.map((figure, index) => figure - (before[index] ?? figure));
    const total = elapsed.reduce((sum, figure) => sum + figure, 0);
    const named = Object.fromEntries(SYSTEM_FIELDS.map((field, index) => [field, figures[index] ?? 0]));
    const percent = part(total - (elapsed[3] ?? 0), total);
    return { ok: text !== '', sample_time: Date.now(), percent, ...named };
  }
}

/** Memory of the machine, in kilobytes; parts are of 1. */
export async function meminfos(): Promise<SrsBody> {
  const text = await textOf('/proc/meminfo');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const [MemTotal, MemFree, Buffers, Cached] = [
    read('MemTotal'),
    read('MemFree'),
    read('Buffers'),
    read('Cached'),
  ];
  const [SwapTotal, SwapFree] = [read('SwapTotal'), read('SwapFree')];
  const MemActive = MemTotal - MemFree;
  const RealInUse = MemActive - Buffers - Cached;
  return {
    ok: text !== '',
    sample_time: Date.now(),
    percent_ram: part(RealInUse, MemTotal),
    percent_swap: part(SwapTotal - SwapFree, SwapTotal),
    MemActive,
    RealInUse,
    NotInUse: MemTotal - RealInUse,
    ...{ MemTotal, MemFree, Buffers, Cached, SwapTotal, SwapFree },
  };
}

function numbers(text: string): number[] {
  return text.split(/\s+/).filter(Boolean).map(Number);
}

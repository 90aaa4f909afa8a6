/** What a run is asked to be, and its command line: QEMU's words (qemu(1)), as a table that the parser and the help read. */
import { TesseraError } from '../base/errors.ts';
import { logTopics, type LogTopic } from '../base/log.ts';
import { cpuModels, cpuProperties, type CpuModelName, type Topology } from '../machine/index.ts';
import { DEFAULT_GDB, parseGdb, type GdbChannel } from './gdb-channel.ts';
import { nearest } from '../base/nearest.ts';
import { parseSmp } from './smp.ts';
import { oneOf, onOff, parseKeys, parseList, parseSeconds, parseSize } from './values.ts';

export const machineTypes = {
  virt: 'a machine for virtual use only, with the map and devices of QEMU\'s',
  bare: 'memory, interrupts, a serial line and a way out: for programs without an operating system',
} as const;

/** Where a serial line or the monitor goes. `mux`: to the terminal, shared with the monitor through Ctrl-A. */
type Channel = { readonly kind: 'stdio' | 'mux' | 'null' } | { readonly kind: 'file'; readonly path: string };

/** One step of a script: wait for text on the serial line, or type. */
export type Step = { readonly kind: 'expect'; readonly text: string } | { readonly kind: 'send'; readonly keys: string };

/** Questions that are answered instead of running anything. */
export type Question = 'help' | 'version' | 'machine' | 'cpu' | 'log';

export interface RunOptions {
  question?: Question;
  machine: keyof typeof machineTypes;
  gicVersion: 2 | 3;
  its: boolean;
  dumpdtb?: string;
  cpu: CpuModelName;
  cpuProperties: Record<string, boolean>;
  /** Bytes. */
  memory: number;
  smp: number;
  topology?: Topology;
  kernel?: string;
  initrd?: string;
  append?: string;
  dtb?: string;
  bios?: string;
  serial: Channel;
  monitor: Channel;
  log: Set<LogTopic>;
  logFile?: string;
  /** What a guest's reset and power-off do: go on with a fresh machine, or end; end, or stand still. */
  reboot: boolean;
  shutdown: boolean;
  rtc: { base: 'utc' | 'localtime' | Date; clock: 'host' | 'vm' };
  semihosting: boolean;
  semihostingArguments: string[];
  /** The folder that a guest's semihosting calls may open files in. */
  semihostingRoot?: string;
  /** Programs at EL0 may make the calls, too. */
  semihostingUserspace: boolean;
  /** Where debuggers come from. */
  gdb?: GdbChannel | undefined;
  /** The machine waits for a debugger or the monitor to let it go. */
  waits: boolean;
  script: Step[];
  /** Seconds for the whole run. */
  timeout?: number;
  stats: boolean;
  /** Whether each CPU has a thread; undefined: where there are several CPUs. */
  threads?: boolean;
  /** Seed of the engine's chaos. */
  chaos?: number;
  /** Of `tessera start`. */
  guest?: string;
}

export const defaults = (): RunOptions => ({
  machine: 'virt', gicVersion: 2, its: true, cpu: 'cortex-a57', cpuProperties: {}, memory: 512 * 2 ** 20, smp: 1,
  serial: { kind: 'mux' }, monitor: { kind: 'mux' }, log: new Set(), reboot: true, shutdown: true,
  rtc: { base: 'utc', clock: 'host' }, semihosting: false, semihostingArguments: [], semihostingUserspace: false, waits: false, script: [], stats: false,
});

export interface Flag {
  /** How the value is called in the help; absent: the flag takes none. */
  readonly value?: string;
  readonly doc: string;
  set(options: RunOptions, value: string, flag: string): void;
}

function setMachine(options: RunOptions, value: string, flag: string): void {
  if (value === 'help') { options.question = 'machine'; return; }
  for (const [key, text] of parseList(value, 'type')) {
    switch (oneOf(flag, key, ['type', 'gic-version', 'its', 'dumpdtb', 'accel'])) {
      case 'type': options.machine = oneOf(flag, text, Object.keys(machineTypes) as (keyof typeof machineTypes)[]); break;
      case 'gic-version': options.gicVersion = oneOf(`${flag} gic-version`, text, ['2', '3', 'max']) === '2' ? 2 : 3; break;
      case 'its': options.its = onOff(`${flag} its`, text); break;
      case 'dumpdtb': options.dumpdtb = text; break;
      case 'accel': oneOf(`${flag} accel`, text, ['tcg']); break; // what QEMU calls running by translation
    }
  }
}

function setCpu(options: RunOptions, value: string, flag: string): void {
  if (value === 'help') { options.question = 'cpu'; return; }
  for (const [key, text] of parseList(value, 'model')) {
    if (key === 'model') {
      // The CPU that there is for guests is ours.
      const name = oneOf(flag, text, [...(Object.keys(cpuModels) as CpuModelName[]), 'host']);
      options.cpu = name === 'host' ? 'max' : name;
    } else if (cpuProperties.has(key)) options.cpuProperties[key] = onOff(`${flag} ${key}`, text);
    else {
      const guess = nearest(key, cpuProperties.keys());
      throw new TesseraError(`${flag}: there is no feature '${key}'${guess ? `; did you mean '${guess}'?` : ''} (\`-cpu help\` lists them)`);
    }
  }
}

function setAccel(options: RunOptions, value: string, flag: string): void {
  for (const [key, text] of parseList(value, 'accel')) {
    const name = oneOf(flag, key, ['accel', 'chaos', 'thread']);
    if (name === 'accel') oneOf(flag, text, ['tcg']);
    else if (name === 'thread') options.threads = oneOf(`${flag} thread`, text, ['single', 'multi']) === 'multi';
    else if (/^\d{1,9}$/.test(text)) options.chaos = Number(text);
    else throw new TesseraError(`${flag} chaos=${text}: the seed is a number of up to nine digits`);
  }
}

function setMemory(options: RunOptions, value: string, flag: string): void {
  for (const [key, text] of parseList(value, 'size')) {
    oneOf(flag, key, ['size']);
    options.memory = parseSize(flag, text);
  }
}

function channel(flag: string, value: string): Channel {
  if (value.startsWith('file:') && value.length > 5) return { kind: 'file', path: value.slice(5) };
  switch (oneOf(flag, value, ['stdio', 'mon:stdio', 'null', 'none', 'file:PATH'])) {
    case 'stdio': return { kind: 'stdio' };
    case 'mon:stdio': return { kind: 'mux' };
    case 'file:PATH': throw new TesseraError(`${flag} file:PATH: put the name of a file in PATH's place`);
    default: return { kind: 'null' };
  }
}

function setLog(options: RunOptions, value: string, flag: string): void {
  if (value === 'help') { options.question = 'log'; return; }
  const topics = Object.keys(logTopics) as LogTopic[];
  for (const topic of value.split(',')) options.log.add(oneOf(flag, topic, topics));
}

function setRtc(options: RunOptions, value: string, flag: string): void {
  for (const [key, text] of parseList(value)) {
    if (oneOf(flag, key, ['base', 'clock']) === 'clock') options.rtc.clock = oneOf(`${flag} clock`, text, ['host', 'vm']);
    else if (text === 'utc' || text === 'localtime') options.rtc.base = text;
    else {
      const date = new Date(/T/.test(text) ? `${text}Z` : text);
      if (Number.isNaN(date.getTime())) throw new TesseraError(`${flag} base=${text}: write utc, localtime, or a date like 2026-01-31T12:00:00`);
      options.rtc.base = date;
    }
  }
}

function setSemihosting(options: RunOptions, value: string, flag: string): void {
  options.semihosting = true;
  // `arg` may come several times, which a map would lose.
  for (const part of value.split(/(?<!,),(?!,)/)) {
    for (const [key, text] of parseList(part, 'enable')) {
      switch (oneOf(flag, key, ['enable', 'target', 'chardev', 'userspace', 'arg', 'root'])) {
        case 'enable': options.semihosting = onOff(`${flag} enable`, text); break;
        case 'target': oneOf(`${flag} target`, text, ['native', 'auto']); break; // calls are answered here, not by GDB
        case 'chardev': oneOf(`${flag} chardev`, text, ['serial0']); break; // their console is the serial line
        case 'userspace': options.semihostingUserspace = onOff(`${flag} userspace`, text); break;
        case 'root': options.semihostingRoot = text; break;
        case 'arg': options.semihostingArguments.push(text); break;
      }
    }
  }
}

function setSmp(options: RunOptions, value: string, flag: string): void {
  Object.assign(options, parseSmp(flag, value));
}

const machine: Flag = { value: 'BOARD[,gic-version=2|3][,its=on|off][,dumpdtb=FILE]', doc: 'the board; `-M help` lists them', set: setMachine };
const help: Flag = { doc: 'this text', set: o => { o.question = 'help'; } };

export const flags: Readonly<Record<string, Flag>> = {
  M: machine,
  machine,
  accel: {
    value: 'tcg[,thread=single|multi][,chaos=SEED]',
    doc: 'how code is run: all CPUs in turn, or each in its thread (the default for several); chaos tests the engine', set: setAccel,
  },
  cpu: {
    value: 'MODEL[,FEATURE=on|off]…', doc: 'the CPU; `-cpu help` lists them', set: setCpu,
  },
  m: { value: '[size=]SIZE', doc: 'memory, like 512M (the default) or 3G', set: setMemory },
  smp: {
    value: '[cpus=]N[,maxcpus=N][,sockets=N][,clusters=N][,cores=N][,threads=N]',
    doc: 'number of CPUs (1; up to 8, with GICv3 123), and how they are grouped', set: setSmp,
  },
  kernel: { value: 'FILE', doc: 'a Linux Image (plain or gzip), an ELF program, or raw code', set: (o, v) => { o.kernel = v; } },
  initrd: { value: 'FILE', doc: 'initial ramdisk', set: (o, v) => { o.initrd = v; } },
  append: { value: 'TEXT', doc: 'kernel command line', set: (o, v) => { o.append = v; } },
  dtb: { value: 'FILE', doc: 'a device tree instead of the machine\'s own', set: (o, v) => { o.dtb = v; } },
  bios: { value: 'FILE', doc: 'firmware for the first flash', set: (o, v) => { o.bios = v; } },
  nographic: { doc: 'serial line and monitor on the terminal (the default)', set: o => { o.serial = { kind: 'mux' }; } },
  display: { value: 'none', doc: 'there is no display', set: (_, v, f) => { oneOf(f, v, ['none']); } },
  serial: { value: 'stdio|mon:stdio|file:PATH|null', doc: 'where the serial line goes', set: (o, v, f) => { o.serial = channel(f, v); } },
  monitor: { value: 'stdio|none', doc: 'where the monitor goes', set: (o, v, f) => { o.monitor = channel(f, v); } },
  d: { value: 'TOPIC,…', doc: 'log topics; `-d help` lists them', set: setLog },
  D: { value: 'FILE', doc: 'where the log goes instead of standard error', set: (o, v) => { o.logFile = v; } },
  'no-reboot': { doc: 'end where the guest resets the machine', set: o => { o.reboot = false; } },
  'no-shutdown': { doc: 'stand still where the guest powers off', set: o => { o.shutdown = false; } },
  rtc: { value: 'base=utc|localtime|DATE[,clock=host|vm]', doc: 'what the real-time clock shows', set: setRtc },
  semihosting: { doc: 'let the guest call us (Arm semihosting)', set: o => { o.semihosting = true; } },
  'semihosting-config': {
    value: '[enable=on|off][,arg=TEXT][,root=FOLDER][,userspace=on|off]',
    doc: 'the same, with arguments for the program, files of one folder, calls from EL0', set: setSemihosting,
  },
  gdb: { value: 'tcp:[HOST]:PORT|stdio', doc: 'where GDB can connect; without a host only from this machine', set: (o, v, f) => { o.gdb = parseGdb(f, v); } },
  s: { doc: 'the same as -gdb tcp::1234', set: o => { o.gdb = DEFAULT_GDB; } },
  S: { doc: 'don\'t start before a debugger, or the monitor with `cont`, says so', set: o => { o.waits = true; } },
  expect: { value: 'TEXT', doc: 'script: wait until the serial line shows TEXT', set: (o, v) => { o.script.push({ kind: 'expect', text: v }); } },
  send: {
    value: 'TEXT', doc: 'script: type TEXT and Enter (\\n \\e \\xNN as in C; without Enter if it ends with \\c)',
    set: (o, v) => { o.script.push({ kind: 'send', keys: parseKeys(v) }); },
  },
  timeout: { value: 'SECONDS', doc: 'end after that time, with status 124', set: (o, v, f) => { o.timeout = parseSeconds(f, v); } },
  stats: { doc: 'at the end: what the engine did', set: o => { o.stats = true; } },
  h: help,
  help,
  version: { doc: 'the version', set: o => { o.question = 'version'; } },
};

/** Of `tessera start` only. */
export const startFlags: Readonly<Record<string, Flag>> = {
  ...flags,
  guest: { value: 'NAME', doc: 'which guest; `tessera guests` lists them', set: (o, v) => { o.guest = v; } },
};

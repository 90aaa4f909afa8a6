/**
 * Sessions of the real GDB on the arm64 kernel that `npm start` boots: their commands, and how what GDB prints becomes lines that can be
 * compared between machines.
 */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

/** Not in kallsyms, which has functions only: where rest_init's `system_state = SYSTEM_SCHEDULING` stores, in the Image that is pinned. */
const system_state = '0xffff800081679800';

export interface GdbSession {
  readonly name: string;
  readonly smp: number;
  /** What the serial line shows when the machine has gone on long enough without GDB. */
  readonly end: string;
  readonly commands: readonly string[];
  /** Lines that have to be the same on every machine, from those that GDB printed. */
  normalize(lines: readonly string[]): string[];
}

/** What GDB says of a machine with one CPU is the same on each run. */
const one: GdbSession = {
  name: 'one-cpu', smp: 1, end: '~ #',
  commands: [
    'info registers', 'x/4i $pc',
    'hbreak start_kernel', 'continue', 'bt', 'info registers', 'x/8i $pc', 'delete',
    // Each of a thousand instructions, with interrupts still masked.
    'set $n = 0', 'while $n < 1000', 'stepi', 'set $n = $n + 1', 'end',
    'break sched_init', 'continue', 'delete', 'bt', 'finish',
    // Timer interrupts come from here on; steps leave them out.
    'break rest_init', 'continue', 'delete', 'stepi 300', 'bt',
    `watch *(int *) ${system_state}`, 'continue', 'x/2i $pc - 4', 'bt', 'delete',
    `rwatch *(int *) ${system_state}`, 'continue', 'x/2i $pc - 4', 'bt', 'delete',
    `awatch *(int *) ${system_state}`, 'continue', 'x/2i $pc - 4', 'delete',
    'info threads',
    // The first system call of the first program.
    'break do_sys_openat2', 'continue', 'bt', 'delete',
    'detach',
  ],
  normalize: lines => lines.flatMap(line => {
    // System registers have other names and numbers in QEMU.
    if (/^[A-Z]\w+ +(0x|-?\d)/.test(line)) return [];
    // QEMU doesn't describe the fields.
    return [tidy(/^(cpsr|fp[sc]r) /.test(line) ? line.split(/ +/).slice(0, 2).join(' ') : line)];
  }),
};

/** What the CPUs of several do at a moment is another thing on each run, so frames are compared for the CPU that stopped only. */
const several: GdbSession = {
  name: 'several-cpus', smp: 4, end: '[ttyAMA0] enabled',
  commands: [
    // All CPUs are there.
    'hbreak sched_init_smp', 'continue', 'bt', 'delete', 'info threads',
    'thread 3', 'p $_thread', 'set scheduler-locking on', 'stepi', 'p $_thread', 'info threads',
    'detach',
  ],
  normalize: lines => lines.map(tidy).flatMap(line => {
    if (/^[* ]? ?\d+ Thread/.test(line)) return [line.replace(/\[(running|halted)\].*/, '[…] …').replace(/^[* ] ?/, '')];
    if (/^(#0 |0x)/.test(line) && !/sched_init_smp/.test(line)) return [];
    return [line.replace(/^Thread \d+ hit/, 'Thread … hit').replace(/\[Switching to [^\]]*\]/, '[Switching to …]')];
  }).filter(line => line !== '[Switching to …]'),
};

export const sessions: readonly GdbSession[] = [one, several];

/** Columns, threads in processes (QEMU has a process for each cluster), and what a process is called. */
const tidy = (line: string): string => line.replace(/Thread 1\.(\d+)/g, 'Thread $1').replace('[halted ]', '[halted]')
  .replace(/\(process 1\)|\(Remote target\)/, '(…)').replace(/ +/g, ' ').trimEnd();

/** Commands before each session. `symbols`: an ELF file. */
const prologue = (symbols: string): string[] => [
  'set pagination off', 'set confirm off', 'set width 0', 'set style enabled off', 'set remotetimeout 100', `file ${symbols}`,
];

/** Runs GDB; `target` is what `target remote` gets. The lines that it printed. */
export function runGdb({ name, commands }: GdbSession, symbols: string, target: string, timeoutMs: number): Promise<string[]> {
  const script = `${symbols}.${name}.gdb`;
  writeFileSync(script, [...prologue(symbols), `target remote ${target}`, ...commands, ''].join('\n'));
  return new Promise((resolve, reject) => {
    const child = spawn('gdb-multiarch', ['-nx', '-batch', '-x', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { out += chunk; });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      rmSync(script, { force: true });
      resolve(out.split('\n').filter(line => line !== ''));
    });
  });
}

/** Without KASLR, so that the symbols are where the kernel's own tables say. */
export const APPEND = 'console=ttyAMA0 cryptomgr.notests nokaslr';

/**
 * The same guest and the same programs here and under qemu-system-aarch64: CPU seconds by row, and their ratio.
 * `npm run bench -- [--only boot,fp] [--engine ours|qemu|both] [--repeat 3] [--json FILE] [--check]`
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Emulator } from './emulator.ts';
import { coldCost, translationCost } from './engine.ts';
import { exitCosts } from './exits.ts';
import { benchGuest, type BenchGuest } from './initrd.ts';
import { kickLatencies } from './kicks.ts';
import { rows, type Row } from './rows.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' }, engine: { type: 'string', default: 'both' }, repeat: { type: 'string', default: '1' }, patience: { type: 'string', default: '300' },
    json: { type: 'string', default: fileURLToPath(new URL('./out/latest.json', import.meta.url)) }, check: { type: 'boolean', default: false },
  },
});

const PROMPT = '~ # ';
/** Seconds for one row. */
const PATIENCE = Number(values.patience);

interface Measured {
  /** CPU seconds. */
  readonly seconds: number;
  /** What the row printed: the same everywhere, or one of the two computes wrongly. */
  readonly printed: string;
}

type Results = Map<string, Measured>;

const machine = (guest: BenchGuest): string[] =>
  ['-M', 'virt', '-cpu', 'cortex-a57', '-m', '512M', '-nographic', '-no-reboot', '-kernel', guest.kernel, '-initrd', guest.initrd, '-append', `${guest.append} quiet`];

const engines: Readonly<Record<string, (guest: BenchGuest) => Emulator>> = {
  ours: guest => new Emulator(process.execPath, [fileURLToPath(new URL('../bin/tessera.mjs', import.meta.url)), ...machine(guest)]),
  qemu: guest => new Emulator('qemu-system-aarch64', machine(guest)),
};

async function measure(start: (guest: BenchGuest) => Emulator, guest: BenchGuest, chosen: readonly Row[]): Promise<Results> {
  const results: Results = new Map();
  const emulator = start(guest);
  process.once('exit', () => emulator.stop());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  try {
    await emulator.waitFor(PROMPT, PATIENCE);
    results.set('boot', { seconds: emulator.cpuSeconds(), printed: '' });
    for (const row of chosen) {
      if (row.command === undefined) continue;
      if (row.prepare !== undefined) await shell(emulator, row.prepare);
      const before = emulator.cpuSeconds();
      const printed = await shell(emulator, row.command);
      results.set(row.name, { seconds: emulator.cpuSeconds() - before, printed });
      process.stderr.write(`  ${row.name} ${(emulator.cpuSeconds() - before).toFixed(2)} s\n`);
    }
    results.set('resident MiB', { seconds: emulator.residentMiB(), printed: '' });
  } finally {
    emulator.stop();
  }
  return results;
}

/** What a command prints. The marks are typed in two parts, so that their echo isn't taken for them. */
async function shell(emulator: Emulator, command: string): Promise<string> {
  emulator.type(`echo be""gin; ${command}; echo e""nd\n`);
  await emulator.waitFor('begin\r\n', PATIENCE);
  const printed = await emulator.waitFor('end\r\n', PATIENCE);
  await emulator.waitFor(PROMPT, PATIENCE);
  return printed.trim();
}

function hasQemu(): string | undefined {
  try {
    return execFileSync('qemu-system-aarch64', ['--version'], { encoding: 'utf8' }).split('\n')[0];
  } catch {
    return undefined;
  }
}

function best(runs: readonly Results[], name: string): number {
  return Math.min(...runs.map(run => run.get(name)?.seconds ?? NaN));
}

const chosen = rows.filter(row => row.name === 'boot' || values.only === undefined || values.only.split(',').includes(row.name));
const qemu = hasQemu();
const names = Object.keys(engines).filter(name => (values.engine === 'both' || values.engine === name) && (name !== 'qemu' || qemu !== undefined));
const guest = await benchGuest();
const measured: Record<string, Results[]> = {};
// Turn and turn about, so that a busy host is busy for both.
for (let i = 0; i < Number(values.repeat); i++) {
  for (const name of names) {
    process.stderr.write(`${name} …\n`);
    (measured[name] ??= []).push(await measure(engines[name]!, guest, chosen));
  }
}

const { ours, qemu: theirs } = measured;
let failed = false;
const table = chosen.map(row => {
  const seconds = ours ? best(ours, row.name) : NaN;
  const reference = theirs ? best(theirs, row.name) : NaN;
  const ratio = seconds / reference;
  const same = !ours || !theirs || ours[0]!.get(row.name)!.printed === theirs[0]!.get(row.name)!.printed;
  if (ratio > row.bar || !same) failed = true;
  return { row: row.name, what: row.doc, ours: seconds, qemu: reference, ratio, bar: row.bar, sameResult: same };
});
const number = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(2)).padStart(8);
process.stdout.write(`CPU seconds; ${qemu ?? 'no qemu-system-aarch64 here'}; -cpu cortex-a57; ${measured['ours'] ? `Node ${process.versions.node}` : ''}\n\n`);
process.stdout.write(`${'row'.padEnd(28)}${'ours'.padStart(8)}${'QEMU'.padStart(8)}${'ratio'.padStart(8)}${'bar'.padStart(8)}\n`);
for (const { what, ours: seconds, qemu: reference, ratio, bar, sameResult } of table) {
  process.stdout.write(`${what.padEnd(28)}${number(seconds)}${number(reference)}${number(ratio)}${number(bar)}${sameResult ? '' : '  DIFFERENT RESULT'}\n`);
}
for (const [name, runs] of Object.entries(measured)) process.stdout.write(`\nresident at the end, ${name}: ${best(runs, 'resident MiB').toFixed(0)} MiB\n`);
const engine = names.includes('ours') ? { translation: translationCost(guest.kernel), cold: coldCost(), exits: exitCosts(), kicks: await kickLatencies() } : undefined;
if (engine) {
  process.stdout.write(`\ntranslation: ${engine.translation.toFixed(2)} µs a guest instruction (bar 1.50)\n`);
  process.stdout.write(`cold tier: ${engine.cold.toFixed(2)} ns a guest instruction (bar 10)\n`);
  for (const [what, cost] of Object.entries(engine.exits)) {
    process.stdout.write(`${what}, run() to run(): ${(cost / 1000).toFixed(2)} µs (bar ${what === 'hypercall' ? 1 : 2})\n`);
  }
  for (const [what, { median, p99 }] of Object.entries(engine.kicks)) {
    process.stdout.write(`kick of ${what === 'busy' ? 'a busy' : 'an idle'} vCPU's thread: ${median.toFixed(1)} µs typical (bar 50), ${p99.toFixed(1)} in 99 of 100\n`);
  }
}
mkdirSync(dirname(values.json), { recursive: true });
writeFileSync(values.json, `${JSON.stringify({ date: new Date().toISOString(), node: process.versions.node, qemu, rows: table, engine }, null, 2)}\n`);
if (values.check && failed) process.exitCode = 1;

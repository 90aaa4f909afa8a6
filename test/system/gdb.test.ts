/**
 * The real GDB on a real kernel, from reset to `detach`: line by line what it prints on qemu-system-aarch64, but for what is explained
 * here. `node tools/gdb/record.ts` makes the recordings.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openGuest } from '../../src/cli/guests.ts';
import { readKallsyms } from '../../tools/gdb/kallsyms.ts';
import { APPEND, runGdb, sessions, type GdbSession } from '../../tools/gdb/sessions.ts';
import { symbolElf } from '../../tools/gdb/symbol-elf.ts';
import { tessera } from '../cli/programs.ts';
import { temporaryFolder } from '../temporary.ts';

/** A session takes seconds where the machine is ours alone. */
const TIME_MS = 240_000;
const folder = temporaryFolder('gdb');
const symbols = join(folder, 'symbols');
let guest: { readonly kernel: string; readonly initrd: string };

beforeAll(async () => {
  guest = await openGuest('linux');
  writeFileSync(symbols, symbolElf(readKallsyms(readFileSync(guest.kernel))));
}, 300_000);

interface Run {
  readonly lines: string[];
  /** 0: it went on. */
  readonly status: number | null;
}

/** A machine that waits for GDB, is left by it, and ends when it has gone on for a while. */
async function run(session: GdbSession): Promise<Run> {
  const child = spawn(process.execPath, [
    tessera, '-M', 'virt', '-cpu', 'cortex-a57', '-m', '512M', '-smp', String(session.smp), '-kernel', guest.kernel, '-initrd', guest.initrd, '-append', APPEND,
    '-S', '-gdb', 'tcp:127.0.0.1:0', '-serial', 'null', '--expect', session.end, '--timeout', String(TIME_MS / 1000),
  ], { stdio: ['ignore', 'inherit', 'pipe'] });
  const ended = new Promise<number | null>(resolve => { child.on('close', resolve); });
  const port = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (line: string) => resolve(/port (\d+)/.exec(line)?.[1] ?? ''));
    child.on('close', () => reject(new Error('the machine ended before GDB came')));
  });
  const printed = await runGdb(session, symbols, `127.0.0.1:${port}`, TIME_MS);
  const status = await ended;
  return { lines: session.normalize(printed), status };
}

/** Where our machine and QEMU's aren't the same machine: the line there, the line here, and why. */
const EXPLAINED: readonly (readonly [theirs: RegExp, ours: RegExp, why: string])[] = [
  [/^0x0000000040000000 in/, /^0x0000000040200000 in/, 'QEMU starts in a few instructions of its own, which put the tree\'s address into x0 and jump to the kernel'],
  [/^x0 0x0 0$/, /^x0 0x48200000 1210056704$/, 'the same: here x0 is set from the start'],
  [/^pc 0x40000000 /, /^pc 0x40200000 /, 'the same'],
  [/^cpsr 0x400003c5$/, /^cpsr 0x3c5$/, 'QEMU resets Z to 1; the manual leaves the flags UNKNOWN'],
  [/0x4000000[04c8]?:/, /0x4020000[04c8]:/, 'its instructions, and the kernel\'s header'],
];

it('one CPU: line by line as on QEMU', async () => {
  const session = sessions[0]!;
  const { lines, status } = await run(session);
  expect(differences(session, lines)).toEqual([]);
  expect(status).toBe(0);
}, TIME_MS);

it('four CPUs in threads: each is one for GDB, too, and goes its own way', async () => {
  const session = sessions[1]!;
  const { lines, status } = await run(session);
  expect(differences(session, lines)).toEqual([]);
  expect(status).toBe(0);
}, TIME_MS);

/** What differs without an explanation. */
function differences({ name }: GdbSession, ours: readonly string[]): string[] {
  const theirs = readFileSync(new URL(`gdb/${name}.qemu.txt`, import.meta.url), 'utf8').trimEnd().split('\n');
  const wrong = ours.length === theirs.length ? [] : [`${ours.length} lines, on QEMU ${theirs.length}`];
  for (const [i, line] of ours.entries()) {
    const other = theirs[i] ?? 'nothing';
    if (line !== other && !EXPLAINED.some(([there, here]) => there.test(other) && here.test(line))) wrong.push(`${i + 1}: ${line} | on QEMU: ${other}`);
  }
  return wrong.slice(0, 20);
}

/** A program under semihosting that writes a file and ends with a status, through the command line. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { runTessera } from './programs.ts';

const folder = temporaryFolder('semihosting-cli');
const program = join(folder, 'program');

/** Opens its argument for writing and writes it there; its status is 42, or 7 where it can't be opened. */
const source = `
  .global _start
_start:
  mov w0, 0x15          // SYS_GET_CMDLINE
  adr x1, line
  hlt 0xf000
  ldr x3, line + 8
  adr x2, open
  str x3, [x2, 16]
  mov w0, 0x01          // SYS_OPEN
  mov x1, x2
  hlt 0xf000
  mov w4, 7
  tbnz x0, 63, 1f
  adr x1, write
  str x0, [x1]
  str x3, [x1, 16]
  mov w0, 0x05          // SYS_WRITE
  hlt 0xf000
  mov w4, 42
1: adr x1, status
  str x4, [x1, 8]
  mov w0, 0x18          // SYS_EXIT
  hlt 0xf000
  b .
  .balign 8
line: .quad text, 100
open: .quad text, 4, 0
write: .quad 0, text, 0
status: .quad 0x20026, 0
text: .skip 100
`;

beforeAll(() => {
  writeFileSync(join(folder, 'program.S'), source);
  execFileSync('aarch64-linux-gnu-gcc', ['-nostdlib', '-static', '-Wl,-Ttext=0x40100000', '-Wl,-N', '-Wl,--build-id=none', '-o', program, join(folder, 'program.S')], { stdio: 'pipe' });
});

const run = (name: string, thread: string, root = `,root=${folder}`): ReturnType<typeof runTessera> =>
  runTessera(['-kernel', program, '-serial', 'null', '-accel', `tcg,thread=${thread}`, '-semihosting-config', `enable=on${root},arg=${name}`, '--timeout', '60']);

it.each([['in turn', 'single'], ['in a thread', 'multi']])('a CPU %s: a file in the folder that was chosen', async (_name, thread) => {
  expect(await run(`written-${thread}`, thread)).toEqual({ status: 42, out: '', err: '' });
  expect(readFileSync(join(folder, `written-${thread}`), 'latin1')).toBe(`written-${thread}`);
}, 90_000);

it('no file outside of it, and none where no folder was chosen', async () => {
  expect((await run('../outside', 'single')).status).toBe(7);
  expect((await run('nowhere', 'single', '')).status).toBe(7);
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
}, 90_000);

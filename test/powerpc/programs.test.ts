/** Issue 3, item 7: real static programs for PowerPC Linux, 64 and 32 bit, big and little endian, print what they print under QEMU. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { runProgram } from './linux/run.ts';

const directory = mkdtempSync(join(tmpdir(), 'powerpc-'));
afterAll(() => { rmSync(directory, { recursive: true }); });

const machines = [
  { qemu: 'qemu-ppc64le', gcc: 'powerpc64le-linux-gnu-gcc', options: [] },
  { qemu: 'qemu-ppc64', gcc: 'powerpc64-linux-gnu-gcc', options: [] },
  { qemu: 'qemu-ppc', gcc: 'powerpc-linux-gnu-gcc', options: [] },
] as const;

function compile(gcc: string, options: readonly string[], source: string): string {
  const program = join(directory, `${source}.${gcc}`);
  const path = fileURLToPath(new URL(`./programs/${source}.c`, import.meta.url));
  execFileSync(gcc, ['-O2', '-static', ...options, '-o', program, path, '-lm']);
  return program;
}

for (const { qemu, gcc, options } of machines) {
  describe(qemu, () => {
    for (const source of ['integers', 'floats']) {
      test(source, () => {
        const program = compile(gcc, options, source);
        const theirs = spawnSync(qemu, [program, 'argument'], { encoding: 'utf8' });
        const expected = { output: theirs.stdout, status: theirs.status };
        expect(expected.output.length).toBeGreaterThan(100);
        for (const threshold of [0, 20]) {
          expect(runProgram(readFileSync(program), { args: [program, 'argument'], threshold })).toEqual(expected);
        }
      });
    }
  });
}

/**
 * Linux's own driver of the performance monitors: a program counts known loops with perf_event_open, samples one by
 * interrupts of overflows, and has breakpoints and watchpoints in one. Debian's kernel has the drivers.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { openGuest } from '../../src/cli/guests.ts';
import { programInitrd } from '../../src/host/node/guests/initrd.ts';
import { runTessera } from '../cli/programs.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder('perf');
const source = fileURLToPath(new URL('perf.c', import.meta.url));

function initrd(): string {
  const [init, packed] = [join(folder, 'init'), join(folder, 'initrd')];
  execFileSync('aarch64-linux-gnu-gcc', ['-O1', '-static', '-nostdlib', '-ffreestanding', '-fno-stack-protector', '-o', init, source]);
  writeFileSync(packed, programInitrd(readFileSync(init)));
  return packed;
}

beforeAll(async () => {
  await openGuest('debian');
}, 300_000);

test.each([1, 2])('perf_event_open counts what retires exactly, and takes an interrupt for each overflow: %i CPUs, in threads', async cpus => {
  const { status, out } = await runTessera([
    'start', '--guest', 'debian', '-smp', `${cpus}`, '-initrd', initrd(), '-append', 'console=ttyAMA0 cryptomgr.notests', '--timeout', '150', '--expect', 'Power down',
  ]);
  expect(status).toBe(0);
  expect(out).toContain('hw perfevents: enabled with armv8_pmuv3 PMU driver, 7 counters available');
  const counted = Object.fromEntries([...out.matchAll(/^perf (\w+) (-?\d+)\r?$/gm)].map(([, name, value]) => [name, Number(value)]));
  expect(counted).toMatchObject({
    instructions: 8000, inst_retired: 8000, ld_retired: 2000, st_retired: 1000, mem_access: 3000, br_retired: 2000, br_immed_retired: 2000,
    // ENOENT: there is no cache.
    cache_misses: -2,
    samples: 40, inside: 40,
    // Breakpoints of the kernel's own, which it steps over: issue 5.1.
    writes: 1000, reads: 2000, other_writes: 0, breakpoints: 1000,
  });
  // The host's time, which says nothing about a thousand rounds.
  expect(counted.cycles).toBeTypeOf('number');
  // Interrupts come on top of a thousand system calls.
  expect(counted.exc_taken).toBeGreaterThanOrEqual(1000);
  expect(counted.exc_taken).toBeLessThan(10_000);
  expect(counted.sampled).toBeGreaterThanOrEqual(400_000);
  expect(counted.sampled).toBeLessThan(400_100);
}, 180_000);

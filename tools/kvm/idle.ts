/**
 * What a guest at an idle prompt costs the host: `node tools/kvm/idle.ts [SECONDS] [CPUS] [threads|turns]`; percent of a core, by the
 * process's CPU time.
 */
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { Emulator } from '../../bench/emulator.ts';
import { openGuest } from '../../src/cli/guests.ts';

const [seconds = '60', cpus = '4', mode = 'threads'] = process.argv.slice(2);
const { kernel, initrd, append } = await openGuest('linux');
const emulator = new Emulator(process.execPath, [
  fileURLToPath(new URL('../../bin/tessera.mjs', import.meta.url)), '-M', 'virt', '-smp', cpus, '-accel', `tcg,thread=${mode === 'threads' ? 'multi' : 'single'}`,
  '-nographic', '-kernel', kernel, '-initrd', initrd, '-append', append,
]);
try {
  await emulator.waitFor('~ # ', 120);
  // What the kernel puts off until it has nothing to do.
  await wait(10_000);
  const [started, before] = [performance.now(), emulator.cpuSeconds()];
  await wait(Number(seconds) * 1000);
  const share = (emulator.cpuSeconds() - before) / ((performance.now() - started) / 1000);
  console.log(`-smp ${cpus} ${mode}: ${(share * 100).toFixed(2)} % of a core in ${seconds} s`);
} finally {
  emulator.stop();
}

/**
 * Two busy loops beside one in a guest with two CPUs, each of which has a thread: the ratio of their wall times, which on two free
 * cores has to be 1.15 at most: `node tools/kvm/busy.ts [REPEATS] [ROW OF THE BENCHMARK]`.
 */
import { fileURLToPath } from 'node:url';
import { Emulator } from '../../bench/emulator.ts';
import { benchGuest } from '../../bench/initrd.ts';

const [repeats = '3', row = 'integer'] = process.argv.slice(2);
const BAR = 1.15;
const { kernel, initrd, append } = await benchGuest();
const emulator = new Emulator(process.execPath, [
  fileURLToPath(new URL('../../bin/tessera.mjs', import.meta.url)), '-M', 'virt', '-m', '512M', '-smp', '2', '-accel', 'tcg,thread=multi',
  '-nographic', '-kernel', kernel, '-initrd', initrd, '-append', `${append} quiet`,
]);
process.once('exit', () => emulator.stop());

/** Wall seconds. The marks are typed in two parts, so that their echo isn't taken for them. */
async function seconds(command: string): Promise<number> {
  emulator.type(`echo be""gin; ${command}; echo e""nd\n`);
  await emulator.waitFor('begin\r\n', 60);
  const started = performance.now();
  await emulator.waitFor('end\r\n', 300);
  const taken = (performance.now() - started) / 1000;
  await emulator.waitFor('~ # ', 60);
  return taken;
}

try {
  await emulator.waitFor('~ # ', 120);
  // Both CPUs have compiled it once.
  await seconds(`bench ${row} & bench ${row}; wait`);
  const [one, two]: [number[], number[]] = [[], []];
  for (let n = 0; n < Number(repeats); n++) {
    one.push(await seconds(`bench ${row}`));
    two.push(await seconds(`bench ${row} & bench ${row}; wait`));
  }
  const [single, double] = [Math.min(...one), Math.min(...two)];
  const ratio = double / single;
  console.log(`one loop ${single.toFixed(2)} s, two ${double.toFixed(2)} s: ${ratio.toFixed(3)} times (bar ${BAR})`);
  if (ratio > BAR) process.exitCode = 1;
} finally {
  emulator.stop();
}

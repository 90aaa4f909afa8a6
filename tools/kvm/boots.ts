/**
 * Boots a kernel again and again on several CPUs, takes all but the first off and back on through sysfs, and says which boots failed:
 * `node tools/kvm/boots.ts [--boots 50] [--smp 1,2,4,8] [--modes threads,turns] [--gic 2,3] [--rounds 2] [--timeout 120]
 * [--cpu cortex-a57] [--memory 512M] [--kernel FILE --initrd FILE --append TEXT] [--prompt TEXT]`
 * Without a kernel it is the guest `debian`. With Debian's installer: `--append 'console=ttyAMA0 rdinit=/bin/sh'`.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Emulator } from '../../bench/emulator.ts';
import { openGuest } from '../../src/cli/guests.ts';

const { values } = parseArgs({
  options: {
    boots: { type: 'string', default: '50' }, smp: { type: 'string', default: '1,2,4,8' }, modes: { type: 'string', default: 'threads,turns' },
    gic: { type: 'string', default: '2,3' }, rounds: { type: 'string', default: '2' }, timeout: { type: 'string', default: '120' },
    cpu: { type: 'string', default: 'cortex-a57' }, memory: { type: 'string', default: '512M' }, kernel: { type: 'string' }, initrd: { type: 'string' },
    append: { type: 'string' }, prompt: { type: 'string', default: '~ # ' },
  },
});

const TESSERA = fileURLToPath(new URL('../../bin/tessera.mjs', import.meta.url));
const guest = values.kernel === undefined ? await openGuest('debian') : { kernel: values.kernel, initrd: values.initrd, append: 'console=ttyAMA0' };
const append = values.append ?? guest.append;
const [boots, rounds, timeout] = [Number(values.boots), Number(values.rounds), Number(values.timeout)];
const TROUBLE = /\bBUG\b|WARNING:|Oops|Unable to handle|Call trace|rcu.*stall|soft lockup|Kernel panic|failed to come online|timed out/;

interface Configuration { readonly smp: number; readonly mode: string; readonly gic: string }

const flags = ({ smp, mode, gic }: Configuration): string[] => [
  '-M', `virt,gic-version=${gic}`, '-cpu', values.cpu, '-m', values.memory, '-smp', `${smp}`, '-accel', `tcg,thread=${mode === 'threads' ? 'multi' : 'single'}`,
  '-nographic', '-no-reboot', '-kernel', guest.kernel, ...(guest.initrd === undefined ? [] : ['-initrd', guest.initrd]), '-append', append,
];

/** The marks are typed in two parts, so that their echo isn't taken for them. */
const switched = (to: 0 | 1): string =>
  `for c in cpu[1-9]*/online; do [ -e $c ] && { echo ${to} > $c || echo FAI""LED $c; }; done; echo "on""line=$(cat online)="`;

/** One boot; seconds of wall time. Throws with what is wrong and the last lines. */
async function boot(configuration: Configuration): Promise<number> {
  const emulator = new Emulator(process.execPath, [TESSERA, ...flags(configuration)]);
  const stop = (): void => { emulator.stop(); };
  process.once('exit', stop);
  const started = performance.now();
  const left = (): number => Math.max(1, timeout - (performance.now() - started) / 1000);
  let heard = '';
  const waitFor = async (text: string): Promise<string> => {
    const part = await emulator.waitFor(text, left());
    heard += part;
    return part;
  };
  try {
    await waitFor(values.prompt);
    emulator.type('[ -d /sys/devices ] || mount -t sysfs sys /sys; cd /sys/devices/system/cpu\n');
    const all = configuration.smp === 1 ? '0' : `0-${configuration.smp - 1}`;
    for (let n = 0; n < rounds; n++) {
      for (const [to, expected] of [[0, '0'], [1, all]] as const) {
        emulator.type(`${switched(to)}\n`);
        await waitFor('online=');
        const online = await waitFor('=');
        if (online !== expected) throw new Error(`CPUs ${online} are online instead of ${expected}: …${heard.slice(-400)}`);
      }
    }
    const trouble = heard.split('\n').find(line => TROUBLE.test(line)) ?? (heard.includes('FAILED') ? 'a CPU refused' : undefined);
    if (trouble !== undefined) throw new Error(`${trouble.trim()}: …${heard.slice(-400)}`);
    return (performance.now() - started) / 1000;
  } finally {
    process.removeListener('exit', stop);
    emulator.stop();
  }
}

const list = (text: string): string[] => text.split(',');
let failures = 0;
console.log(`${'configuration'.padEnd(22)}${'boots'.padStart(6)}${'failed'.padStart(8)}${'slowest'.padStart(9)}`);
for (const smp of list(values.smp).map(Number)) {
  for (const mode of list(values.modes)) {
    for (const gic of list(values.gic)) {
      let failed = 0;
      let slowest = 0;
      for (let n = 0; n < boots; n++) {
        try {
          slowest = Math.max(slowest, await boot({ smp, mode, gic }));
        } catch (error) {
          failed++;
          console.log(`-smp ${smp} ${mode} GICv${gic}, boot ${n + 1}: ${(error as Error).message}`);
        }
      }
      failures += failed;
      console.log(`${`-smp ${smp} ${mode} GICv${gic}`.padEnd(22)}${String(boots).padStart(6)}${String(failed).padStart(8)}${slowest.toFixed(1).padStart(8)}s`);
    }
  }
}
if (failures > 0) process.exitCode = 1;

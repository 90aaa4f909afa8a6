/**
 * Real programs in the guest, here and under qemu-system-aarch64: do they pass, and in how many CPU seconds?
 * `npm run workloads -- [--cpu cortex-a57,max] [--only openssl,stress-ng/fft] [--engine ours|qemu|both] [--json FILE]`
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Emulator } from '../../bench/emulator.ts';
import { openGuest } from '../../src/cli/guests.ts';
import { table, type Outcome } from './table.ts';
import { workloadRoot } from './root.ts';
import { type Command, type Workload, workloads } from './workloads.ts';

const { values } = parseArgs({
  options: {
    cpu: { type: 'string', default: 'cortex-a57,max' }, only: { type: 'string' }, engine: { type: 'string', default: 'both' },
    memory: { type: 'string', default: '1536M' }, kernel: { type: 'string' }, patience: { type: 'string', default: '3600' }, json: { type: 'string' },
  },
});

const PROMPT = '~ # ';
const only = values.only?.split(',');
const wanted = (workload: string, command?: string): boolean => only === undefined || only.includes(workload)
  || only.some(name => (command === undefined ? name.startsWith(`${workload}/`) : name === `${workload}/${command}`));

interface Guest { readonly kernel: string; readonly initrd: string; readonly append: string }

/** `log` gets what the guest asked for that we don't have. */
function start(engine: string, cpu: string, guest: Guest, log: string): Emulator {
  const machine = ['-M', 'virt', '-m', values.memory, '-nographic', '-no-reboot', '-kernel', guest.kernel, '-initrd', guest.initrd, '-append', `${guest.append} quiet`];
  // SVE, SME and MTE are beyond us: QEMU's `max` without them has the instructions that ours has.
  if (engine === 'qemu') return new Emulator('qemu-system-aarch64', ['-cpu', cpu === 'max' ? 'max,sve-max-vq=1,sme=off' : cpu, ...machine]);
  return new Emulator(process.execPath, [fileURLToPath(new URL('../../bin/tessera.mjs', import.meta.url)), '-cpu', cpu, ...machine, '-d', 'unimp', '-D', log]);
}

async function shell(emulator: Emulator, line: string): Promise<{ printed: string; status: number; seconds: number }> {
  const before = emulator.cpuSeconds();
  emulator.type(`{ ${line.replace(/;?$/, ';')} }; echo "[end $?]"\n`);
  const printed = await emulator.waitFor('[end ', Number(values.patience));
  const status = Number(await emulator.waitFor(']', 60));
  await emulator.waitFor(PROMPT, 60);
  return { printed: printed.trim(), status, seconds: emulator.cpuSeconds() - before };
}

async function runWorkload(workload: Workload, engine: string, cpu: string, guest: Guest, note: (outcome: Outcome) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-workload-'));
  const log = join(folder, 'unimp');
  const emulator = start(engine, cpu, guest, log);
  const stop = (): void => { emulator.stop(); };
  process.once('exit', stop);
  try {
    await emulator.waitFor(PROMPT, 600);
    const one = async (command: Command): Promise<void> => {
      if (!wanted(workload.name, command.name)) return;
      const name = `${workload.name} ${command.name}`;
      process.stderr.write(`${engine} ${cpu} ${name} … `);
      const { printed, status, seconds } = await shell(emulator, command.line);
      const wrong = status !== 0 ? `exit status ${status}` : command.judge?.(printed);
      process.stderr.write(`${wrong ?? 'passed'}, ${seconds.toFixed(1)} s\n`);
      if (wrong !== undefined) process.stderr.write(`${printed.slice(-4000)}\n`);
      const figures = command.figures && Object.fromEntries(command.figures(printed));
      note({ engine, cpu, name, wrong, seconds, ...(command.exact ? { printed } : {}), ...(figures ? { figures } : {}) });
    };
    for (const command of workload.commands) await one(command);
    if (workload.list) {
      for (const word of workload.list.words((await shell(emulator, workload.list.line)).printed)) await one(workload.list.each(word));
    }
    const missing = engine === 'ours' ? readFileSync(log, 'utf8').trim() : '';
    if (missing !== '') note({ engine, cpu, name: `${workload.name} log`, wrong: missing.split('\n').slice(0, 5).join('; '), seconds: 0 });
  } catch (error) {
    const wrong = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${wrong}\n`);
    note({ engine, cpu, name: `${workload.name} end`, wrong, seconds: 0 });
  } finally {
    stop();
    process.removeListener('exit', stop);
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const outcomes: Outcome[] = [];
const base = values.kernel === undefined ? await openGuest('linux') : { kernel: values.kernel, append: 'console=ttyAMA0' };
for (const workload of workloads.filter(({ name }) => wanted(name))) {
  const guest = { kernel: base.kernel, append: base.append, initrd: await workloadRoot(workload.name, workload.packages, workload.armhf) };
  for (const cpu of values.cpu.split(',')) {
    for (const engine of ['ours', 'qemu'].filter(name => values.engine === 'both' || values.engine === name)) {
      await runWorkload(workload, engine, cpu, guest, outcome => { outcomes.push(outcome); });
    }
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(outcomes, null, 1)}\n`);
  }
}
const { text, failed } = table(outcomes);
process.stdout.write(text);
if (failed) process.exitCode = 1;

/**
 * Boots in chaos mode: a kernel to its prompt with each seed, on counted time, and the same without chaos. Console output, time
 * stamps and all, and the number of instructions must be the same.
 * npm run chaos -- --seeds N --first SEED --kernel Image --initrd FILE --append TEXT --cpu MODEL --memory MiB --until TEXT
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { MachineRequest } from '../../src/machine/create.ts';
import { CountedMachine } from './counted/machine.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
    kernel: { type: 'string' },
    initrd: { type: 'string' },
    append: { type: 'string', default: 'console=ttyAMA0 cryptomgr.notests' },
    cpu: { type: 'string', default: 'cortex-a57' },
    memory: { type: 'string', default: '256' },
    until: { type: 'string', default: '~ #' },
  },
});

const { kernel, initrd, append } = values;
if (kernel === undefined) throw new Error('chaos.ts needs --kernel FILE');
const file = (name: string): { name: string; data: Uint8Array } => ({ name, data: readFileSync(name) });
const request: MachineRequest = {
  cpu: values.cpu as NonNullable<MachineRequest['cpu']>, memory: Number(values.memory) * 2 ** 20, append,
  kernel: file(kernel), ...(initrd !== undefined && { initrd: file(initrd) }),
};

interface Boot {
  readonly output: string;
  readonly instructions: bigint;
  readonly line: string;
}

async function boot(chaos: number | undefined): Promise<Boot> {
  const started = Date.now();
  const machine = new CountedMachine({ ...request, ...(chaos !== undefined && { chaos }) });
  await machine.runTo(values.until);
  const counters = machine.created.counters();
  const counted = ['units compiled', 'evictions', 'invalidations', 'exits: lookup', 'exits: request'].map(name => `${name} ${counters[name]}`);
  return { output: machine.output, instructions: machine.cpu.retired, line: `${Math.round((Date.now() - started) / 1000)} s, ${counted.join(', ')}` };
}

const plain = await boot(undefined);
console.log(`without chaos: ${plain.output.length} bytes of output, ${plain.instructions} instructions; ${plain.line}`);
let wrong = 0;
for (let n = 0; n < Number(values.seeds); n++) {
  const seed = Number(values.first) + n;
  const found = await boot(seed);
  const same = found.output === plain.output && found.instructions === plain.instructions;
  console.log(`seed ${seed}: ${same ? 'the same' : 'DIFFERENT'}; ${found.line}`);
  if (same) continue;
  wrong++;
  const at = [...plain.output].findIndex((c, i) => c !== found.output[i]);
  console.log(`  ${found.instructions} instructions; output differs from byte ${at} on: ${JSON.stringify(found.output.slice(Math.max(0, at - 60), at + 60))}`);
}
console.log(`${values.seeds} seeds, ${wrong} differ`);
process.exitCode = wrong > 0 ? 1 : 0;

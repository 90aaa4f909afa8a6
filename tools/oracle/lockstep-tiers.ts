/**
 * The cold tier and the compiler side by side: two machines of ours on counted time with the same images, one that compiles nothing
 * and one that compiles almost at once. After each quantum the whole state of the CPU is compared, now and then all of RAM.
 * node tools/oracle/lockstep-tiers.ts --kernel Image --initrd FILE --append TEXT --cpu MODEL --memory MiB --threshold N --until TEXT
 * At a difference both are run again to the quantum before it, and the shortest run of that quantum that differs is looked for.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { MachineRequest } from '../../src/machine/create.ts';
import { QUANTUM } from './counted/machine.ts';
import { Pair } from './counted/pair.ts';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string' },
    initrd: { type: 'string' },
    append: { type: 'string', default: 'console=ttyAMA0 cryptomgr.notests' },
    cpu: { type: 'string', default: 'cortex-a57' },
    memory: { type: 'string', default: '256' },
    threshold: { type: 'string', default: '20' },
    until: { type: 'string', default: '~ #' },
  },
});

const PROGRESS = 5000;
/** Quanta between comparisons of RAM. */
const MEMORY = 2000;

const { kernel, initrd, append } = values;
if (kernel === undefined) throw new Error('lockstep-tiers.ts needs --kernel FILE');
const file = (name: string): { name: string; data: Uint8Array } => ({ name, data: readFileSync(name) });
const request: MachineRequest = {
  cpu: values.cpu as NonNullable<MachineRequest['cpu']>, memory: Number(values.memory) * 2 ** 20, append,
  kernel: file(kernel), ...(initrd !== undefined && { initrd: file(initrd) }),
};
const create = (): Pair => new Pair(request.memory!, { ...request, threshold: 0 }, { ...request, threshold: Number(values.threshold) });

const pair = create();
const started = Date.now();
let quanta = 0;
let found: string[] = [];
while (!pair.cold.output.includes(values.until)) {
  const ended = await pair.quantum();
  quanta++;
  found = [...pair.differences(), ...(quanta % MEMORY === 0 ? pair.memoryDifferences() : [])];
  if (found.length > 0 || ended) break;
  if (quanta % PROGRESS === 0) console.log(`${pair.instructions} instructions, ${Math.round((Date.now() - started) / 1000)} s`);
}
if (found.length === 0) found = pair.memoryDifferences();
console.log(`${pair.instructions} instructions in ${quanta} quanta; ${pair.compiled}`);
if (found.length === 0) console.log('0 differences');
else {
  for (const line of found) console.log(line);
  console.log('looking for the first instruction after which they differ');
  for (const line of await first(quanta - 1)) console.log(line);
  process.exitCode = 1;
}

/** Both anew, `quanta` quanta, then ever shorter parts of the next one. */
async function first(before: number): Promise<string[]> {
  let [same, different] = [0, QUANTUM];
  let text: string[] = [];
  while (different - same > 1) {
    const middle = (same + different) >>> 1;
    const again = create();
    for (let n = 0; n < before; n++) await again.quantum();
    const from = again.part(middle);
    const lines = again.differences();
    if (lines.length === 0) same = middle;
    else {
      different = middle;
      text = [`after ${middle} instructions from ${from} on, at ${again.place()}:`, ...lines];
    }
  }
  return text;
}

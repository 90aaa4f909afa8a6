/**
 * Which instructions QEMU runs at EL0 that our decoder doesn't know: random words, counted by objdump's mnemonic.
 * node tools/oracle/missing.ts --words N --seed S --cpu MODEL
 */
import { parseArgs } from 'node:util';
import { Random } from '../../src/base/random.ts';
import { CODE } from '../../test/engines/engine.ts';
import { stateOf } from '../../test/engines/inputs.ts';
import { lenientDecoder } from './cases.ts';
import { objdump } from './objdump.ts';
import { DEFAULT_CPU, harmless, runCases } from './qemu.ts';

const { values } = parseArgs({
  options: {
    words: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    cpu: { type: 'string', default: DEFAULT_CPU },
  },
});

const decode = lenientDecoder();
const random = new Random(Number(values.seed));
const words = Uint32Array.from({ length: Number(values.words) }, () => random.u32()).filter(w => harmless(w) && !decode.decode(w));
const outcomes = runCases(Array.from(words, word => ({ words: Uint32Array.of(word), state: stateOf(1) })), values.cpu);
const run = words.filter((_, i) => outcomes[i] !== undefined && outcomes[i]?.stop !== 'undefined');
const found = new Map<string, number[]>();
objdump(run, Number(CODE)).forEach((text, i) => {
  const mnemonic = text.split('\t')[0] as string;
  found.set(mnemonic, [...(found.get(mnemonic) ?? []), run[i] as number]);
});
for (const [mnemonic, members] of [...found].sort((a, b) => b[1].length - a[1].length)) {
  const examples = members.slice(0, 3).map(w => w.toString(16).padStart(8, '0')).join(' ');
  console.log(`${String(members.length).padStart(7)}  ${mnemonic.padEnd(12)} ${examples}`);
}

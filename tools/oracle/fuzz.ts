/**
 * Live differential fuzzing of a guest against QEMU's user mode: npm run fuzz -- --guest NAME --minutes N --seed S …
 * The file of each guest's fuzzer says what else it takes.
 */
import { argv } from 'node:process';

const fuzzers: Readonly<Record<string, string>> = { aarch64: './blocks/fuzz.ts', aarch32: './aarch32/fuzz.ts', powerpc: './powerpc/fuzz.ts' };

const at = argv.indexOf('--guest');
const guest = at < 0 ? 'aarch64' : argv[at + 1] ?? '';
const fuzzer = fuzzers[guest];
if (!fuzzer) throw new RangeError(`no guest '${guest}'; there are ${Object.keys(fuzzers).join(', ')}`);
await import(fuzzer);

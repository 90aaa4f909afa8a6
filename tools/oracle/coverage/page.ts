/** docs/coverage-isa.md. */
import { a32, t32 } from '../disasm/aarch32.ts';
import { aarch64 } from '../disasm/aarch64.ts';
import { powerpc } from '../disasm/powerpc.ts';
import { a32Index, t32Index } from './aarch32-index.ts';
import { aarch64Index } from './aarch64-index.ts';
import { coverage, table } from './coverage.ts';
import { powerpcIndex } from './powerpc-index.ts';

export function page(): string {
  return `# Instructions by the manuals' indexes

Written by \`npm run coverage:isa\`. For each group, 400 random words that have its bits: the share that binutils 2.40 takes for instructions
(of all extensions that it knows), and the share of those that our decoders know. *Descriptions* are the \`insn()\` whose fixed bits lie
in the group. Where something that binutils accepts is not ours, the state says why.

Left out by name: SVE2, SME, MTE, AArch32 but for EL0, Debug state, what is for EL2 and EL3
alone, and extensions after Armv8.5-A but for I8MM, BF16 and those whose registers alone matter (DGH, …).

## A64 (ARM DDI 0487, C4.1)
${table(coverage(aarch64, aarch64Index))}

## A32 (ARM DDI 0487, F4.1)

Here and for T32 a word counts as accepted where qemu-arm 7.2 runs it, too: binutils spells words of coprocessors and of M-profile.
${table(coverage(a32, a32Index))}

## T32 (ARM DDI 0487, F3.1)
${table(coverage(t32, t32Index))}

## PowerPC (Power ISA 3.0 B, user mode, as a POWER9)
${table(coverage(powerpc, powerpcIndex))}
`;
}

/**
 * Hints, barriers, and what changes PSTATE without a register: ARM DDI 0487, F4.1.2, F4.1.7 and F3.1.1, F3.1.3; F5.1. CPS and SETPAN
 * do nothing at EL0. What the hints and barriers do is AArch64's.
 */
import type { Builder } from '../../../../isa/builder.ts';
import { defineHelper } from '../../../../isa/call.ts';
import type { Description, Insn } from '../../../../isa/insn.ts';
import type { Arm64Cpu } from '../../cpu.ts';
import { undefinedInstruction } from '../../exception.ts';
import { errorSynchronization, sendEvent, waitForEvent, waitForInterrupt, waitForOthers, yieldTurn } from '../../insn/system-hint.ts';
import { fields } from '../../state.ts';
import { a32, a32Always, t16, t32 } from '../describe.ts';
import { cond } from '../names.ts';
import { synchronizing } from '../synchronize.ts';
import { outsideIT } from './it-block.ts';

const nothing = (): void => {};

// ---- hints
interface Hint {
  readonly number: number;
  readonly name: string;
  readonly does: (b: Builder, bytes: 2 | 4) => void;
  readonly feature?: string;
  readonly looksUp?: true;
}
const hints: readonly Hint[] = [
  { number: 1, name: 'yield', does: (b, bytes) => b.call(yieldTurn, b.i32(bytes)) },
  { number: 2, name: 'wfe', does: (b, bytes) => b.call(waitForEvent, b.i32(bytes)), looksUp: true },
  { number: 3, name: 'wfi', does: (b, bytes) => b.call(waitForInterrupt, b.i32(bytes)), looksUp: true },
  {
    number: 4,
    name: 'sev',
    does: b => {
      b.call(sendEvent);
      b.set(fields.eventRegister, b.i32(1));
    },
  },
  { number: 5, name: 'sevl', does: b => b.set(fields.eventRegister, b.i32(1)) },
  { number: 16, name: 'esb', does: b => b.call(errorSynchronization), feature: 'RAS', looksUp: true },
];
/** Those of T32 that do nothing, but have a name: of M-profile, too, as objdump has them. */
const namedT32: Readonly<Record<number, string>> = {
  0: 'nop.w', 13: 'pacbti\tr12, lr, sp', 15: 'bti', 20: 'csdb', 29: 'pac\tr12, lr, sp', 45: 'aut\tr12, lr, sp',
};

type Plain = Description<string, Record<never, never>>;
const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');

/** The hint space by `describe` of the bits of its number, `width`, and `plain`, what a number without a name is. */
function hintSpace(
  set: 'A32' | 'T16' | 'T32',
  describe: (name: string, bits: string, d: Plain) => Insn,
  width: 4 | 8,
  suffix: string,
  plain: (number: number, f: object) => string,
): readonly Insn[] {
  const general = describe('HINT', `number:${width}`, {
    asm: f => plain((f as { readonly number: number }).number, f),
    exec: nothing,
  });
  const special = hints.filter(h => h.number < 1 << width).map(({ number, name, does, feature, looksUp }) => {
    const entry = describe(name.toUpperCase(), binary(number, width), {
      overrides: [`${set} HINT`],
      ...(feature === undefined ? {} : { feature }),
      asm: f => (set === 'A32' ? spellingA32(name, number, cond(f)) : `${name}${number === ESB ? '' : suffix}`),
      exec: b => does(b, set === 'T16' ? 2 : 4),
    });
    return looksUp ? synchronizing(entry) : entry;
  });
  return [general, ...special];
}

const over = (d: Plain, name: string): Plain => ({ ...d, overrides: [...(d.overrides ?? []), name] });

const ESB = 16;
/** objdump has a condition of most. */
const spellingA32 = (name: string, number: number, condition: string): string =>
  (number === ESB && condition !== '' ? `nop${condition}\t{16}` : name === 'sevl' ? name : name + condition);

/** DBG has 16 of the numbers. */
const DBG = 0xf0;
const CSDB = 20;
const hintA32 = (name: string, bits: string, d: Plain): Insn =>
  a32(name, `00110010 0000 1111 0000 ${bits}`, over(d, 'A32 MSR (immediate)'));
const hintT16 = (name: string, bits: string, d: Plain): Insn => t16(name, `1011 1111 ${bits} 0000`, over(d, 'T16 IT'));
const hintT32 = (name: string, bits: string, d: Plain): Insn => t32(name, `111100111010 1111 1000 0000 ${bits}`, over(d, 'T32 CPS'));

const hintsA32 = hintSpace('A32', hintA32, 8, '', (number, f) => {
  const condition = cond(f);
  if (number >= DBG) return `dbg${condition}\t#${number - DBG}`;
  return number === CSDB && condition === '' ? 'csdb' : `nop${condition}\t{${number}}`;
});
const hintsT16 = hintSpace('T16', hintT16, 4, '', number => (number === 0 ? 'nop' : `nop\t{${number}}`));
const hintsT32 = hintSpace('T32', hintT32, 8, '.w', number =>
  (number >= DBG ? `dbg\t#${number - DBG}` : namedT32[number] ?? `nop.w\t{${number}}`));

// ---- barriers
const optionNames: Readonly<Record<number, string>> = {
  1: 'oshld', 2: 'oshst', 3: 'osh', 5: 'nshld', 6: 'unst', 7: 'un', 9: 'ishld', 10: 'ishst', 11: 'ish', 13: 'ld', 14: 'st', 15: 'sy',
};
const optionName = (option: number): string => optionNames[option] ?? `#${option}`;

/** Both sets have them, A32 without a condition: `op` and `option` are the last eight bits. */
const barrier = (name: string, op: string, d: Description<'option:4', Record<never, never>>, opT32 = op): readonly Insn[] => [
  a32Always(name, `0101 0111 1111 1111 0000 ${op} option:4` as 'option:4', d),
  t32(name, `111100111011 1111 1000 1111 ${opT32} option:4` as 'option:4', d),
];

const CLREX = barrier('CLREX', '0001', {
  valid: f => f.option === 15,
  asm: () => 'clrex',
  exec: b => b.set(fields.monitorAddress, b.i64(-1)),
}, '0010');
const dsbNames: Readonly<Record<number, string>> = { 0: 'ssbb', 4: 'pssbb', 12: 'dfb' };
const DSB = barrier('DSB', '0100', {
  asm: f => dsbNames[f.option] ?? `dsb\t${optionName(f.option)}`,
  exec: dataSynchronizationBarrier,
});
const DMB = barrier('DMB', '0101', {
  asm: f => `dmb\t${optionName(f.option)}`,
  exec: b => b.fence(),
});
const ISB = barrier('ISB', '0110', {
  asm: f => `isb\t${f.option === 15 ? 'sy' : `#${f.option}`}`,
  exec: nothing,
}).map(synchronizing);
const SB = barrier('SB', '0111', {
  feature: 'SB',
  valid: f => f.option === 0,
  asm: () => 'sb',
  exec: nothing,
});

/** DSB, which waits for what other CPUs were asked to do. */
export function dataSynchronizationBarrier(b: Builder): void {
  b.fence();
  b.when(b.get(fields.broadcasts), () => b.call(waitForOthers));
}

// ---- PSTATE
const SCTLR_SED = 1n << 8n;

const setEndianness = defineHelper('SETEND', ['i32'], 'void', { touches: [fields.E], raises: true }, (cpu: Arm64Cpu, E) => {
  if (cpu.state.SCTLR_EL1 & SCTLR_SED) throw undefinedInstruction();
  cpu.state.E = Number(E);
  cpu.modeChanged();
});
const SETEND = synchronizing(a32Always('SETEND', '0001 0000 0001 0000 00 E:1 0 00000000', {
  asm: f => `setend\t${f.E ? 'be' : 'le'}`,
  exec: (b, f) => b.call(setEndianness, b.operand(f.E)),
}));
const SETEND_T16 = synchronizing(t16('SETEND', '1011 0110 0101 E:1 000', {
  asm: f => `setend\t${f.E ? 'be' : 'le'}`,
  exec: (b, f) => outsideIT(b, () => b.call(setEndianness, b.operand(f.E))),
}));

interface ChangeState { readonly imod: number; readonly M: number; readonly AIF: number; readonly mode: number }
/** UNPREDICTABLE else: it changes something, and has no more than it says. */
const changes = ({ imod, M, AIF, mode }: ChangeState): boolean =>
  imod !== 1 && (imod > 1) === (AIF !== 0) && (M === 1 || mode === 0) && (imod | M) !== 0;
const changeSpelling = (width: string, comma: string, { imod, M, AIF, mode }: ChangeState): string => {
  const masks = 'aif'.replace(/./g, (letter, i: number) => ((AIF >>> (2 - i)) & 1 ? letter : ''));
  return `cps${imod ? (imod === 2 ? 'ie' : 'id') : ''}${width}\t${[...(imod ? [masks] : []), ...(M ? [`#${mode}`] : [])].join(comma)}`;
};
const CPS = a32Always('CPS', '0001 0000 imod:2 M:1 0 0000 000 AIF:3 0 mode:5', {
  valid: changes,
  asm: f => changeSpelling('', ',', f),
  exec: nothing,
});
const CPS_T16 = t16('CPS', '1011 0110 011 im:1 0 AIF:3', {
  valid: f => f.AIF !== 0,
  asm: f => changeSpelling('', '', { imod: 2 | f.im, M: 0, AIF: f.AIF, mode: 0 }),
  exec: b => outsideIT(b, nothing),
});
const CPS_T32 = t32('CPS', '111100111010 1111 1000 0 imod:2 M:1 AIF:3 mode:5', {
  valid: changes,
  asm: f => changeSpelling(f.M ? '' : '.w', ', ', f),
  exec: b => outsideIT(b, nothing),
});

const SETPAN = a32Always('SETPAN', '0001 0001 0000 0000 00 imm1:1 0 00000000', {
  feature: 'PAN',
  asm: f => `setpan\t#${f.imm1}`,
  exec: nothing,
});
const SETPAN_T16 = t16('SETPAN', '1011 0110 0001 imm1:1 000', {
  feature: 'PAN',
  asm: f => `setpan\t#${f.imm1}`,
  exec: b => outsideIT(b, nothing),
});

const barriers = [...CLREX, ...DSB, ...DMB, ...ISB, ...SB];
const isA32 = (i: Insn): boolean => i.name.startsWith('A32');

export const hintInsnsA32: readonly Insn[] = [...hintsA32, ...barriers.filter(isA32), SETEND, CPS, SETPAN];
export const hintInsnsT32: readonly Insn[] = [
  ...hintsT16, ...hintsT32, ...barriers.filter(i => !isA32(i)), SETEND_T16, CPS_T16, CPS_T32, SETPAN_T16,
];

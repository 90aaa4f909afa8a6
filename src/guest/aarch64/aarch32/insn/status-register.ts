/**
 * The APSR in general registers and back: ARM DDI 0487, F5.1, MRS, MSR (immediate), MSR (register). User mode has no SPSR and no banked
 * registers: those forms are UNDEFINED here (CONSTRAINED UNPREDICTABLE in the manual, but for the banked ones).
 */
import type { Builder, I32 } from '../../../../isa/builder.ts';
import { defineHelper } from '../../../../isa/call.ts';
import type { Insn } from '../../../../isa/insn.ts';
import type { Arm64Cpu } from '../../cpu.ts';
import { fields } from '../../state.ts';
import { synchronizing } from '../both.ts';
import { a32 } from '../describe.ts';
import { modifiedImmediate, reg, spelt } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { nzcv, Rnot15, setNZCV, setR } from '../pseudocode.ts';
import { A32ExpandImm } from '../shift.ts';

const M32_User = 0x10;
const E = 9;
const GE = 16;
const Q = 27;
/** A, I and F, in the CPSR as in `daif`. */
const AIF = 7 << 6;

/** GetPSRFromPSTATE with its execution state bits but E as zero. */
function CPSR(b: Builder): I32 {
  const placed: readonly (readonly [I32, number])[] = [
    [b.get(fields.Q), Q], [b.get(fields.SSBS), 23], [b.get(fields.PAN), 22], [b.get(fields.DIT), 21], [b.get(fields.GE), GE], [b.get(fields.E), E],
  ];
  const control = b.or(b.and(b.get(fields.daif), b.i32(AIF)), b.i32(M32_User));
  return placed.reduce((all, [field, at]) => b.or(all, b.shl(field, b.i32(at))), b.or(nzcv(b), control));
}

const selectEndianness = defineHelper('PSTATE.E', ['i32'], 'void', { touches: [fields.E] }, (cpu: Arm64Cpu, value) => {
  cpu.state.E = Number(value);
  cpu.modeChanged();
});

/** CPSRWriteByInstr at EL0, where the lowest bit of the mask means nothing. DIT and SSBS stay as EL1 set them. */
function setCPSR(b: Builder, f: { flags: number; GE: number; E: number }, value: I32): void {
  if (f.flags) {
    setNZCV(b, b.and(value, b.i32(0xf << 28)));
    b.set(fields.Q, b.and(b.shrU(value, b.i32(Q)), b.i32(1)));
  }
  if (f.GE) b.set(fields.GE, b.and(b.shrU(value, b.i32(GE)), b.i32(0xf)));
  if (f.E) b.call(selectEndianness, b.and(b.shrU(value, b.i32(E)), b.i32(1)));
}

/** The mask by its bits. CONSTRAINED UNPREDICTABLE where it is empty: we choose UNDEFINED. */
interface Mask { readonly flags: number; readonly GE: number; readonly E: number; readonly control: number }
const isEmpty = (f: Mask): boolean => f.flags + f.GE + f.E + f.control === 0;
const written = (f: Mask): string => `CPSR_${f.flags ? 'f' : ''}${f.GE ? 's' : ''}${f.E ? 'x' : ''}${f.control ? 'c' : ''}`;

const MRS = pair('MRS', '00010000 1111 Rd:4 000000000000', '1111001111101111 1000 Rd:4 00000000', {
  valid: f => noPC(f.Rd),
  asm: f => spelt('mrs', f, `${reg(f.Rd)}, CPSR`),
  exec: (b, f) => setR(b, f.Rd, CPSR(b)),
});

const move = (name: string, E: 0 | 1): Pair =>
  pair(name, `00010010 flags!1 GE!1 ${E} control:1 111100000000 Rn:4`, `111100111000 Rn:4 1000 flags!1 GE!1 ${E} control:1 00000000`, {
    valid: f => !isEmpty({ ...f, E }) && noPC(f.Rn),
    asm: f => spelt('msr', f, `${written({ ...f, E })}, ${reg(f.Rn)}`),
    exec: (b, f) => setCPSR(b, { ...f, E }, Rnot15(b, f.Rn)),
  });

/** With an empty mask it is a hint. */
const MSR_immediate = a32('MSR (immediate)', '00110010 flags!1 GE!1 E!1 control:1 1111 imm12:12', {
  valid: f => !isEmpty(f),
  derive: f => ({ imm32: A32ExpandImm(f.imm12) }),
  asm: f => spelt('msr', f, `${written(f)}, ${modifiedImmediate(f.imm12)}`),
  exec(b, f) {
    setCPSR(b, f, b.operand(f.imm32));
    if (f.E) b.synchronize();
  },
});

export const statusRegister: readonly Pair[] = [MRS, move('MSR (register)', 0), synchronizing(move('MSR (register) of E', 1))];
export const statusRegisterA32: readonly Insn[] = [MSR_immediate];

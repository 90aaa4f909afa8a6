/**
 * MRC, MCR, MRRC, MCRR, LDC and STC: ARM DDI 0487, F4.1.5 and F3.1.3 "System register access"; F5.1. Registers are in
 * ../coprocessor.ts; those that programs use all the time, and the barriers of CP15, are entries of their own.
 */
import type { Builder, I64, Operand } from '../../../../isa/builder.ts';
import { defineHelper } from '../../../../isa/call.ts';
import type { Insn } from '../../../../isa/insn.ts';
import type { Arm64Cpu } from '../../cpu.ts';
import { raiseUndefined } from '../../insn/system-exception.ts';
import { fields } from '../../state.ts';
import { type Access, channel, type LongAccess, readCoprocessor, readLong, writeCoprocessor, writeLong } from '../coprocessor.ts';
import { reg, regs, spelt } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { PC, R, Rnot15, setNZCV, setR } from '../pseudocode.ts';
import { synchronizing } from '../synchronize.ts';
import { indexed, signed } from './address.ts';
import { dataSynchronizationBarrier } from './system-hint.ts';

// ---- one register
type Raw = Readonly<Record<'opc1' | 'CRn' | 'Rt' | 'c' | 'opc2' | 'CRm', number>>;
const pack = (f: Raw): number => f.Rt | (f.CRm << 4) | (f.CRn << 8) | (f.opc1 << 12) | (f.opc2 << 15) | (f.c << 18);
function unpack(packed: bigint): Access {
  const n = Number(packed);
  return { Rt: n & 15, CRm: (n >> 4) & 15, CRn: (n >> 8) & 15, opc1: (n >> 12) & 7, opc2: (n >> 15) & 7, cp: 14 + ((n >> 18) & 1) };
}

const readHelper = defineHelper('MRC', ['i32'], 'i32', { touches: [fields.nzcv], raises: true }, (cpu: Arm64Cpu, packed) =>
  readCoprocessor(cpu, unpack(packed)));
const writeHelper = defineHelper('MCR', ['i32', 'i32'], 'void', { touches: [fields.nzcv], raises: true }, (cpu: Arm64Cpu, packed, value) =>
  writeCoprocessor(cpu, unpack(packed), value));

const spelling = (name: string, f: Raw): string =>
  spelt(name, f, `${14 + f.c}, ${f.opc1}, ${name === 'mrc' && f.Rt === PC ? 'APSR_nzcv' : reg(f.Rt)}, cr${f.CRn}, cr${f.CRm}, {${f.opc2}}`);

const pattern = (L: 0 | 1): string => `1110 opc1:3 ${L} CRn:4 Rt:4 111 c:1 opc2:3 1 CRm:4`;
type OneRegister = 'opc1:3 CRn:4 Rt:4 c:1 opc2:3 CRm:4';

const MRC = pair('MRC', pattern(1) as OneRegister, `1110 ${pattern(1)}`, {
  observer: true,
  valid: f => f.Rt !== PC,
  derive: f => ({ access: pack(f) }),
  asm: f => spelling('mrc', f),
  exec: (b, f) => setR(b, f.Rt, b.call(readHelper, b.operand(f.access))),
});
const MCR = pair('MCR', pattern(0) as OneRegister, `1110 ${pattern(0)}`, {
  observer: true,
  valid: f => f.Rt !== PC,
  derive: f => ({ access: pack(f) }),
  asm: f => spelling('mcr', f),
  exec: (b, f) => b.call(writeHelper, b.operand(f.access), Rnot15(b, f.Rt)),
});

/** One register by itself: `fixed` are its numbers. */
function special(
  name: string,
  L: 0 | 1,
  { c, opc1, CRn, CRm, opc2 }: Omit<Raw, 'Rt'>,
  description: { readonly Rt?: '1111'; readonly exec: (b: Builder, Rt: Operand) => void },
): Pair {
  const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');
  const { Rt = 'Rt:4', exec } = description;
  const text = `1110 ${binary(opc1, 3)} ${L} ${binary(CRn, 4)} ${Rt} 111${c} ${binary(opc2, 3)} 1 ${binary(CRm, 4)}` as 'Rt:4';
  return pair(name, text, `1110 ${text}`, {
    overrides: [L ? 'MRC' : 'MCR'],
    valid: f => f.Rt !== PC,
    asm: f => spelling(L ? 'mrc' : 'mcr', { ...f, Rt: f.Rt ?? PC, c, opc1, CRn, CRm, opc2 }),
    exec: (b, f) => exec(b, f.Rt),
  });
}

const SCTLR_CP15BEN = 5;
/** The barriers that have instructions of their own since Armv7 are there only where EL1 wants them. */
const barrier = (name: string, CRm: number, opc2: number, does: (b: Builder) => void): Pair =>
  special(name, 0, { c: 1, opc1: 0, CRn: 7, CRm, opc2 }, {
    exec(b) {
      const enabled = b.and(b.wrap(b.shrU(b.get(fields.SCTLR_EL1), b.i32(SCTLR_CP15BEN))), b.i32(1));
      b.when(b.eqz(enabled), () => b.call(raiseUndefined));
      does(b);
    },
  });

const thread = { c: 1, opc1: 0, CRn: 13, CRm: 0 } as const;
const DBGDSCRint = { c: 0, opc1: 0, CRn: 0, CRm: 1, opc2: 0 } as const;

const TPIDRURO = special('MRC TPIDRURO', 1, { ...thread, opc2: 3 }, { exec: (b, Rt) => setR(b, Rt, b.wrap(b.get(fields.TPIDRRO_EL0))) });
const TPIDRURW = special('MRC TPIDRURW', 1, { ...thread, opc2: 2 }, { exec: (b, Rt) => setR(b, Rt, b.wrap(b.get(fields.TPIDR_EL0))) });
/** The upper half of TPIDR_EL0 stays. */
const setTPIDRURW = special('MCR TPIDRURW', 0, { ...thread, opc2: 2 }, {
  exec: (b, Rt) => b.set(fields.TPIDR_EL0, b.or(b.and(b.get(fields.TPIDR_EL0), b.i64(-0x1_0000_0000)), b.extU(Rnot15(b, Rt)))),
});
/** Its top bits into the flags; of other registers that is UNPREDICTABLE, and UNDEFINED here. */
const flags = special('MRC DBGDSCRint', 1, DBGDSCRint, {
  Rt: '1111',
  exec: b => setNZCV(b, b.and(b.call(readHelper, b.i32(pack({ ...DBGDSCRint, Rt: PC }))), b.i32(0xf << 28))),
});
const CP15ISB = barrier('CP15ISB', 5, 4, () => {});
const CP15DSB = barrier('CP15DSB', 10, 4, dataSynchronizationBarrier);
const CP15DMB = barrier('CP15DMB', 10, 5, b => b.fence());

// ---- two registers
type RawLong = Readonly<Record<'Rt2' | 'Rt' | 'c' | 'opc1' | 'CRm', number>>;
const packLong = (f: RawLong): number => f.Rt | (f.Rt2 << 4) | (f.CRm << 8) | (f.opc1 << 12) | (f.c << 16);
function unpackLong(packed: bigint): LongAccess {
  const n = Number(packed);
  return { Rt: n & 15, Rt2: (n >> 4) & 15, CRm: (n >> 8) & 15, opc1: (n >> 12) & 15, cp: 14 + ((n >> 16) & 1) };
}
const readLongHelper = defineHelper('MRRC', ['i32'], 'i64', { raises: true }, (cpu: Arm64Cpu, packed) => readLong(cpu, unpackLong(packed)));
const writeLongHelper = defineHelper('MCRR', ['i32', 'i64'], 'void', { raises: true }, (cpu: Arm64Cpu, packed, value) =>
  writeLong(cpu, unpackLong(packed), value));
const longSpelling = (name: string, f: RawLong): string => spelt(name, f, `${14 + f.c}, ${f.opc1}, ${regs(f.Rt, f.Rt2)}, cr${f.CRm}`);

const longPattern = (L: 0 | 1): string => `1100 010${L} Rt2:4 Rt:4 111 c:1 opc1:4 CRm:4`;
type TwoRegisters = 'Rt2:4 Rt:4 c:1 opc1:4 CRm:4';
const MRRC = pair('MRRC', longPattern(1) as TwoRegisters, `1110 ${longPattern(1)}`, {
  observer: true,
  valid: f => noPC(f.Rt, f.Rt2) && f.Rt !== f.Rt2,
  derive: f => ({ access: packLong(f) }),
  asm: f => longSpelling('mrrc', f),
  exec(b, f) {
    const value = b.call(readLongHelper, b.operand(f.access));
    setR(b, f.Rt, b.wrap(value));
    setR(b, f.Rt2, b.wrap(b.shrU(value, b.i32(32))));
  },
});
const MCRR = pair('MCRR', longPattern(0) as TwoRegisters, `1110 ${longPattern(0)}`, {
  observer: true,
  valid: f => noPC(f.Rt, f.Rt2),
  derive: f => ({ access: packLong(f) }),
  asm: f => longSpelling('mcrr', f),
  exec: (b, f) => b.call(writeLongHelper, b.operand(f.access), b.or(b.extU(Rnot15(b, f.Rt)), b.shl(b.extU(Rnot15(b, f.Rt2)), b.i32(32)))),
});

// ---- memory
type Transfer = Readonly<Record<'P' | 'U' | 'W' | 'L' | 'Rn' | 'imm8', number>>;
const syndrome = ({ P, U, W, L, Rn, imm8 }: Transfer): number =>
  (imm8 << 12) | (Rn << 5) | (U << 4) | ((Rn === PC ? 4 : 0) << 1) | (P << 2) | (W << 1) | L;
const channelHelper = defineHelper('DBGDTR', ['i32'], 'i32', { raises: true }, (cpu: Arm64Cpu, access) => channel(cpu, Number(access)));

/** Not indexed at all: the offset is an option, which nobody looks at. */
const isUnindexed = ({ P, W }: { readonly P: number; readonly W: number }): boolean => P === 0 && W === 0;

const word = { align: 4 } as const;
/** An offset of 0 that is added isn't spelt, and one of 0 has no '!'. */
function transferMemory(f: Transfer): string {
  const offset = f.imm8 || !f.U ? `, #${f.U ? '' : '-'}${f.imm8 * 4}` : '';
  if (isUnindexed(f)) return `[${reg(f.Rn)}], {${f.imm8}}`;
  return f.P ? `[${reg(f.Rn)}${offset}]${f.W && f.imm8 ? '!' : ''}` : `[${reg(f.Rn)}]${offset}`;
}

/** LDC writes DBGDTRTXint, STC reads DBGDTRRXint; bits 6 and 15..12 are D and CRd. */
const LDC_pattern = '110 P!1 U:1 0 W!1 L!1 Rn:4 0101 1110 imm8:8';
const LDC = pair('LDC/STC', LDC_pattern, `1110 ${LDC_pattern}`, {
  // With P, U and W zero other instructions begin. STC has no literal, and a literal isn't written back.
  valid: f => (f.P | f.U | f.W) !== 0 && (f.Rn !== PC || (f.L === 1 && f.W === 0 && f.P === 1)),
  derive: f => ({ offset: isUnindexed(f) ? 0 : signed(f.U, f.imm8 * 4), access: syndrome(f) }),
  asm: f => spelt(f.L ? 'ldc' : 'stc', f, `14, cr5, ${transferMemory(f)}`),
  exec(b, f) {
    const received = b.call(channelHelper, b.operand(f.access));
    const transfer = (address: I64): (() => void) => {
      if (f.L) b.load(address, 4, word);
      else b.store(address, received, 4, word);
      return () => {};
    };
    if (isUnindexed(f)) transfer(b.extU(R(b, f.Rn)));
    else indexed(b, f.P, f.W, f.Rn, b.operand(f.offset), transfer);
  },
});

const pairs = [MRC, TPIDRURO, TPIDRURW, flags, setTPIDRURW, CP15DSB, CP15DMB, MRRC, LDC];
const synchronized = [MCR, MCRR, CP15ISB];

export const coprocessorA32: readonly Insn[] = [...pairs.map(p => p.a32), ...synchronized.map(p => synchronizing(p.a32))];
export const coprocessorT32: readonly Insn[] = [...pairs.map(p => p.t32), ...synchronized.map(p => synchronizing(p.t32))];

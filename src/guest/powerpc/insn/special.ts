/** Moves to and from special purpose registers that programs may use: Power ISA Book I, 3.3.17; Book II, 5.1 and 6.2. */
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import type { PowerPcCpu } from '../cpu.ts';
import { r } from '../names.ts';
import { bit, fixed, GPR, isV3_0, setGPR } from '../pseudocode.ts';
import { fields } from '../state.ts';

/** An SPR's number has its halves swapped. */
const spr = (n: number): '0' => fixed(((n & 31) << 5) | (n >> 5), 10);

interface Special {
  readonly name: string;
  readonly number: number;
  readonly feature?: string;
  /** As objdump spells it, where that isn't mf or mt and the name. */
  readonly spelling?: string;
}

function mfspr({ name, number, feature, spelling }: Special, read: (b: Builder) => I64): Insn {
  return insn(`mfspr ${name}`, `011111 RT:5 ${spr(number)} 0101010011 0`, {
    ...(feature && { feature }),
    asm: f => (spelling ?? `mf${name.toLowerCase()}\tR`).replace('R', r(f.RT)),
    exec: (b, f) => setGPR(b, f.RT, read(b)),
  });
}

function mtspr({ name, number, feature }: Special, write: (b: Builder, value: I64) => void): Insn {
  return insn(`mtspr ${name}`, `011111 RS:5 ${spr(number)} 0111010011 0`, {
    ...(feature && { feature }),
    asm: f => `mt${name.toLowerCase()}\t${r(f.RS)}`,
    exec: (b, f) => write(b, GPR(b, f.RS)),
  });
}

// Bits of XER, counted from the right.
const SO = 31;
const OV = 30;
const CA = 29;
const OV32 = 19;
const CA32 = 18;
const SINGLE_BITS = [SO, OV, CA, OV32, CA32].reduce((all, n) => all | (1n << BigInt(n)), 0n);

function readXER(b: Builder): I64 {
  const at = (flag: I32, n: number): I32 => b.shl(flag, b.i32(n));
  let flags = b.or(at(b.get(fields.SO), SO), b.or(at(b.get(fields.OV), OV), at(b.get(fields.CA), CA)));
  if (isV3_0(b)) flags = b.or(flags, b.or(at(b.get(fields.OV32), OV32), at(b.get(fields.CA32), CA32)));
  return b.or(b.get(fields.XER), b.extU(flags));
}

function writeXER(b: Builder, value: I64): void {
  b.set(fields.SO, bit(b, value, SO));
  b.set(fields.OV, bit(b, value, OV));
  b.set(fields.CA, bit(b, value, CA));
  b.set(fields.OV32, bit(b, value, OV32));
  b.set(fields.CA32, bit(b, value, CA32));
  // Bits of the low word that mean nothing are kept.
  b.set(fields.XER, b.and(value, b.i64(0xffff_ffffn & ~SINGLE_BITS)));
}

const timeBase = defineHelper('TB', [], 'i64', {}, (cpu: PowerPcCpu) => cpu.options.timeBase());
/** Privileged, but kernels answer it for programs, and there is none here. */
const version = defineHelper('PVR', [], 'i64', {}, (cpu: PowerPcCpu) => BigInt(cpu.model.PVR));
const upper = (b: Builder): I64 => b.shrU(b.call(timeBase), b.i32(32));

function mftb(name: string, number: number, read: (b: Builder) => I64): Insn {
  return insn(`mftb ${name}`, `011111 RT:5 ${spr(number)} 0101110011 0`, {
    asm: f => `mf${name.toLowerCase()}\t${r(f.RT)}`,
    exec: (b, f) => setGPR(b, f.RT, read(b)),
  });
}

const random = defineHelper('darn', [], 'i64', {}, (cpu: PowerPcCpu) => cpu.options.random());

/** L: 0 a word, 1 a conditioned and 2 a raw doubleword; there is always one to be had. */
const darn = insn('darn', '011111 RT:5 000 L!2 00000 1011110011 0', {
  feature: '3.0',
  valid: f => f.L !== 3,
  asm: f => `darn\t${r(f.RT)},${f.L}`,
  exec(b, f) {
    const number = b.call(random);
    setGPR(b, f.RT, f.L === 0 ? b.extU(b.wrap(number)) : number);
  },
});

const XER: Special = { name: 'XER', number: 1 };
const LR: Special = { name: 'LR', number: 8 };
const CTR: Special = { name: 'CTR', number: 9 };
const VRSAVE: Special = { name: 'VRSAVE', number: 256 };
const TAR: Special = { name: 'TAR', number: 815, feature: '2.07' };

export const specialPurpose: readonly Insn[] = [
  mfspr(XER, readXER), mtspr(XER, writeXER),
  mfspr(LR, b => b.get(fields.LR)), mtspr(LR, (b, value) => b.set(fields.LR, value)),
  mfspr(CTR, b => b.get(fields.CTR)), mtspr(CTR, (b, value) => b.set(fields.CTR, value)),
  mfspr(VRSAVE, b => b.extU(b.get(fields.VRSAVE))), mtspr(VRSAVE, (b, value) => b.set(fields.VRSAVE, b.wrap(value))),
  mfspr(TAR, b => b.get(fields.TAR)), mtspr(TAR, (b, value) => b.set(fields.TAR, value)),
  mfspr({ name: 'TB', number: 268, spelling: 'mftb\tR' }, b => b.call(timeBase)),
  mfspr({ name: 'TBU', number: 269, spelling: 'mftbu\tR' }, upper),
  mfspr({ name: 'PVR', number: 287 }, b => b.call(version)),
  mftb('TB', 268, b => b.call(timeBase)),
  mftb('TBU', 269, upper),
  darn,
];

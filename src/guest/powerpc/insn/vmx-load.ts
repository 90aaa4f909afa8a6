/** Vector loads and stores, and the vectors that align them: Power ISA 2.07B Book I, 6.7. */
import type { Builder, I32, I64, Operand, V128 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { LE } from '../mode.ts';
import { r, rOr0, v } from '../names.ts';
import { EAx, fixed, orZero } from '../pseudocode.ts';
import { setVR, VR } from '../vmx/registers.ts';
import { shiftOctets } from '../vmx/shift.ts';

type Transfer = (b: Builder, VRT: Operand, at: I64) => void;

function indexed(name: string, XO: number, transfer: Transfer): Insn {
  return insn(name, `011111 VRT:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    feature: 'VMX',
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${v(f.VRT)},${rOr0(f.RA)},${r(f.RB)}`,
    exec: (b, f) => transfer(b, f.VRT, EAx(b, f.A, f.RB)),
  });
}

/** The low bits of an address are ignored, never a fault. */
const aligned = (b: Builder, at: I64, bytes: number): I64 => b.and(at, b.i64(-bytes));

const lvx: Transfer = (b, VRT, at) => setVR(b, VRT, b.loadV(aligned(b, at, 16), 16));
const stvx: Transfer = (b, VRT, at) => b.storeV(aligned(b, at, 16), VR(b, VRT), 16);

/** The number of the element that lies at an address, our lane 0 being the least significant one. */
function laneAt(b: Builder, at: I64, bytes: number): I32 {
  const offset = b.and(b.wrap(at), b.i32(16 - bytes));
  return b.mode & LE ? offset : b.sub(b.i32(16 - bytes), offset);
}

/** A quadword of bytes `first`, `first` + 1, … in our order, from a number that isn't known here. */
const count = (b: Builder, bytes: I32): V128 => b.vsplat(8, b.shl(b.extU(bytes), b.i32(3)));

/** Other elements are undefined: we choose to keep them. */
const element = (bytes: 1 | 2 | 4): Transfer => (b, VRT, at) => {
  const place = count(b, laneAt(b, at, bytes));
  const mask = shiftOctets(b, true, b.v128((1n << BigInt(8 * bytes)) - 1n), place);
  setVR(b, VRT, b.vselect(mask, shiftOctets(b, true, b.loadV(aligned(b, at, bytes), bytes), place), VR(b, VRT)));
};
const storeElement = (bytes: 1 | 2 | 4): Transfer => (b, VRT, at) =>
  b.storeV(aligned(b, at, bytes), shiftOctets(b, false, VR(b, VRT), count(b, laneAt(b, at, bytes))), bytes);

/** Bytes n, n + 1, … in the manual's order, the highest lane first. */
const rising = (from: number): bigint => Array.from({ length: 16 }, (_, i) => BigInt(from + i) << BigInt(8 * (15 - i))).reduce((all, byte) => all | byte);
const offset = (b: Builder, at: I64): V128 => b.vsplat(8, b.and(at, b.i64(15)));

export const vmxLoad: readonly Insn[] = [
  indexed('lvx', 103, lvx),
  indexed('lvxl', 359, lvx),
  indexed('lvebx', 7, element(1)),
  indexed('lvehx', 39, element(2)),
  indexed('lvewx', 71, element(4)),
  indexed('stvx', 231, stvx),
  indexed('stvxl', 487, stvx),
  indexed('stvebx', 135, storeElement(1)),
  indexed('stvehx', 167, storeElement(2)),
  indexed('stvewx', 199, storeElement(4)),
  indexed('lvsl', 6, (b, VRT, at) => setVR(b, VRT, b.vadd(8, b.v128(rising(0)), offset(b, at)))),
  indexed('lvsr', 38, (b, VRT, at) => setVR(b, VRT, b.vsub(8, b.v128(rising(16)), offset(b, at)))),
];

/** The forms of vector instructions (Power ISA 2.07B Book I, 1.6.22 to 1.6.24): VX with 11 bits of extended opcode, VC, VA. */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { v } from '../names.ts';
import { fixed, setCRField } from '../pseudocode.ts';
import { setVR, VR } from './registers.ts';

export type Binary = (b: Builder, x: V128, y: V128) => V128;
export type Unary = (b: Builder, x: V128) => V128;
export type Ternary = (b: Builder, x: V128, y: V128, z: V128) => V128;

/** VRT of VRA and VRB; `alias` is the name where both are the same register. */
export const binary = (name: string, XO: number, operation: Binary, feature = 'VMX', alias?: string): Insn =>
  insn(name, `000100 VRT:5 VRA:5 VRB:5 ${fixed(XO, 11)}`, {
    feature,
    asm: f => (alias !== undefined && f.VRA === f.VRB ? `${alias}\t${v(f.VRT)},${v(f.VRA)}` : `${name}\t${v(f.VRT)},${v(f.VRA)},${v(f.VRB)}`),
    exec: (b, f) => setVR(b, f.VRT, operation(b, VR(b, f.VRA), VR(b, f.VRB))),
  });

/** VRT of VRB; `VRA` is a part of the opcode. */
export const unary = (name: string, XO: number, operation: Unary, feature = 'VMX', VRA = 0): Insn =>
  insn(name, `000100 VRT:5 ${fixed(VRA, 5)} VRB:5 ${fixed(XO, 11)}`, {
    feature,
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRB)}`,
    exec: (b, f) => setVR(b, f.VRT, operation(b, VR(b, f.VRB))),
  });

/** VRT of VRA, VRB and VRC, 6 bits of extended opcode. */
export const ternary = (name: string, XO: number, operation: Ternary, feature = 'VMX'): Insn =>
  insn(name, `000100 VRT:5 VRA:5 VRB:5 VRC:5 ${fixed(XO, 6)}`, {
    feature,
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRA)},${v(f.VRB)},${v(f.VRC)}`,
    exec: (b, f) => setVR(b, f.VRT, operation(b, VR(b, f.VRA), VR(b, f.VRB), VR(b, f.VRC))),
  });

const CR6 = 24;

/** CR6 of what a comparison gives: all elements true, and none. */
export function setCR6(b: Builder, all: I32, none: I32): void {
  setCRField(b, b.i32(CR6), all, b.i32(0), none, b.i32(0));
}

/** A comparison, whose elements are all ones or zeros; 10 bits of extended opcode. */
export const comparison = (name: string, XO: number, operation: Binary, feature = 'VMX'): Insn =>
  insn(name, `000100 VRT:5 VRA:5 VRB:5 Rc!1 ${fixed(XO, 10)}`, {
    feature,
    asm: f => `${name}${f.Rc ? '.' : ''}\t${v(f.VRT)},${v(f.VRA)},${v(f.VRB)}`,
    exec(b, f) {
      const result = operation(b, VR(b, f.VRA), VR(b, f.VRB));
      setVR(b, f.VRT, result);
      if (f.Rc) setCR6(b, b.vall(8, result), b.eqz(b.vany(result)));
    },
  });

/** The letters of element sizes, with their lanes. */
export const sizes = { b: 8, h: 16, w: 32, d: 64 } as const;
export type Size = keyof typeof sizes;

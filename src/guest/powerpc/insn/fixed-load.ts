/** Fixed-point loads: Power ISA Book I, 3.3.2, 3.3.5. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, Bytes, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, r, rOr0 } from '../names.ts';
import { EA, EAx, fixed, orZero, setGPR } from '../pseudocode.ts';

interface Load {
  readonly name: string;
  readonly bytes: Bytes;
  readonly algebraic?: boolean;
  readonly feature?: string;
}

/** How a feature stands in a description: not at all where there is none. */
export const needs = (feature: string | undefined): { readonly feature?: string } => (feature ? { feature } : {});

/** Where RA gets the address it must be a register, and another one than the loaded. */
const updatable = (f: { readonly RT: number; readonly RA: number }): boolean => f.RA !== 0 && f.RA !== f.RT;

function load(b: Builder, { bytes, algebraic }: Load, RT: Operand, address: I64): void {
  const data = b.load(address, bytes);
  setGPR(b, RT, algebraic ? b.signExtend(data, (bytes * 8) as 8 | 16 | 32) : data);
}

function dForm(of: Load, opcode: number, update: boolean): Insn {
  const name = of.name + (update ? 'u' : '');
  return insn(name, `${fixed(opcode, 6)} RT:5 RA:5 D:16`, {
    ...needs(of.feature),
    valid: f => !update || updatable(f),
    derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.D, 16) }),
    asm: f => `${name}\t${r(f.RT)},${memory(signExtend(f.D, 16), f.RA)}`,
    exec(b, f) {
      const address = EA(b, f.A, f.displacement);
      load(b, of, f.RT, address);
      if (update) setGPR(b, f.RA, address);
    },
  });
}

function dsForm(of: Load, opcode: number, XO: number, update: boolean): Insn {
  const name = of.name + (update ? 'u' : '');
  return insn(name, `${fixed(opcode, 6)} RT:5 RA:5 DS:14 ${fixed(XO, 2)}`, {
    ...needs(of.feature),
    valid: f => !update || updatable(f),
    derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.DS, 14) * 4 }),
    asm: f => `${name}\t${r(f.RT)},${memory(signExtend(f.DS, 14) * 4, f.RA)}`,
    exec(b, f) {
      const address = EA(b, f.A, f.displacement);
      load(b, of, f.RT, address);
      if (update) setGPR(b, f.RA, address);
    },
  });
}

function xForm(of: Load, XO: number, update: boolean): Insn {
  const name = `${of.name}${update ? 'u' : ''}x`;
  return insn(name, `011111 RT:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    ...needs(of.feature),
    valid: f => !update || updatable(f),
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${r(f.RT)},${rOr0(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const address = EAx(b, f.A, f.RB);
      load(b, of, f.RT, address);
      if (update) setGPR(b, f.RA, address);
    },
  });
}

/** Against the byte order of the mode. */
function reversed(name: string, XO: number, bytes: 2 | 4 | 8, feature?: string): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    ...needs(feature),
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${r(f.RT)},${rOr0(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const data = b.load(EAx(b, f.A, f.RB), bytes);
      setGPR(b, f.RT, b.shrU(b.bswap(data), b.i32(64 - bytes * 8)));
    },
  });
}

const lbz: Load = { name: 'lbz', bytes: 1 };
const lhz: Load = { name: 'lhz', bytes: 2 };
const lha: Load = { name: 'lha', bytes: 2, algebraic: true };
const lwz: Load = { name: 'lwz', bytes: 4 };
const lwa: Load = { name: 'lwa', bytes: 4, algebraic: true, feature: '64' };
const ld: Load = { name: 'ld', bytes: 8, feature: '64' };

export const fixedLoad: readonly Insn[] = [
  dForm(lwz, 32, false), dForm(lwz, 33, true), dForm(lbz, 34, false), dForm(lbz, 35, true),
  dForm(lhz, 40, false), dForm(lhz, 41, true), dForm(lha, 42, false), dForm(lha, 43, true),
  dsForm(ld, 58, 0, false), dsForm(ld, 58, 1, true), dsForm(lwa, 58, 2, false),
  xForm(lwz, 23, false), xForm(lwz, 55, true), xForm(lbz, 87, false), xForm(lbz, 119, true),
  xForm(lhz, 279, false), xForm(lhz, 311, true), xForm(lha, 343, false), xForm(lha, 375, true),
  xForm(lwa, 341, false), xForm(lwa, 373, true), xForm(ld, 21, false), xForm(ld, 53, true),
  reversed('lhbrx', 790, 2), reversed('lwbrx', 534, 4), reversed('ldbrx', 532, 8, '2.06'),
];

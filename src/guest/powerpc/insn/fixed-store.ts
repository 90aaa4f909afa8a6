/** Fixed-point stores: Power ISA Book I, 3.3.3, 3.3.5. */
import { signExtend } from '../../../base/bits.ts';
import type { Bytes } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, r, rOr0 } from '../names.ts';
import { EA, EAx, fixed, GPR, orZero, setGPR } from '../pseudocode.ts';
import { needs } from './fixed-load.ts';

interface Store {
  readonly name: string;
  readonly bytes: Bytes;
  readonly feature?: string;
}

function dForm(of: Store, opcode: number, update: boolean): Insn {
  const name = of.name + (update ? 'u' : '');
  return insn(name, `${fixed(opcode, 6)} RS:5 RA:5 D:16`, {
    ...needs(of.feature),
    valid: f => !update || f.RA !== 0,
    derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.D, 16) }),
    asm: f => `${name}\t${r(f.RS)},${memory(signExtend(f.D, 16), f.RA)}`,
    exec(b, f) {
      const address = EA(b, f.A, f.displacement);
      b.store(address, GPR(b, f.RS), of.bytes);
      if (update) setGPR(b, f.RA, address);
    },
  });
}

function dsForm(of: Store, XO: number, update: boolean): Insn {
  const name = of.name + (update ? 'u' : '');
  return insn(name, `111110 RS:5 RA:5 DS:14 ${fixed(XO, 2)}`, {
    ...needs(of.feature),
    valid: f => !update || f.RA !== 0,
    derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.DS, 14) * 4 }),
    asm: f => `${name}\t${r(f.RS)},${memory(signExtend(f.DS, 14) * 4, f.RA)}`,
    exec(b, f) {
      const address = EA(b, f.A, f.displacement);
      b.store(address, GPR(b, f.RS), of.bytes);
      if (update) setGPR(b, f.RA, address);
    },
  });
}

function xForm(of: Store, XO: number, update: boolean): Insn {
  const name = `${of.name}${update ? 'u' : ''}x`;
  return insn(name, `011111 RS:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    ...needs(of.feature),
    valid: f => !update || f.RA !== 0,
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${r(f.RS)},${rOr0(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const address = EAx(b, f.A, f.RB);
      b.store(address, GPR(b, f.RS), of.bytes);
      if (update) setGPR(b, f.RA, address);
    },
  });
}

/** Against the byte order of the mode. */
function reversed(name: string, XO: number, bytes: 2 | 4 | 8, feature?: string): Insn {
  return insn(name, `011111 RS:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    ...needs(feature),
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${r(f.RS)},${rOr0(f.RA)},${r(f.RB)}`,
    exec: (b, f) => b.store(EAx(b, f.A, f.RB), b.shrU(b.bswap(GPR(b, f.RS)), b.i32(64 - bytes * 8)), bytes),
  });
}

const stb: Store = { name: 'stb', bytes: 1 };
const sth: Store = { name: 'sth', bytes: 2 };
const stw: Store = { name: 'stw', bytes: 4 };
const std: Store = { name: 'std', bytes: 8, feature: '64' };

export const fixedStore: readonly Insn[] = [
  dForm(stw, 36, false), dForm(stw, 37, true), dForm(stb, 38, false), dForm(stb, 39, true), dForm(sth, 44, false), dForm(sth, 45, true),
  dsForm(std, 0, false), dsForm(std, 1, true),
  xForm(stw, 151, false), xForm(stw, 183, true), xForm(stb, 215, false), xForm(stb, 247, true),
  xForm(sth, 407, false), xForm(sth, 439, true), xForm(std, 149, false), xForm(std, 181, true),
  reversed('sthbrx', 918, 2), reversed('stwbrx', 662, 4), reversed('stdbrx', 660, 8, '2.06'),
];

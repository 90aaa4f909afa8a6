/** Storage control and synchronisation: Power ISA Book II, 4.3 to 4.6. Caches are not modelled. */
import { insn, type Insn } from '../../../isa/insn.ts';
import { r, rOr0 } from '../names.ts';
import { address, cacheBlock, EAx, fixed, orZero } from '../pseudocode.ts';

/** A touch of a block: only a hint. TH 0 to 7 and 8 to 15 have names of their own, as has 16. */
function touch(name: string, XO: number): Insn {
  const kinds: readonly [string, number][] = [['ct', 0], ['ds', 8], ['t', 16]];
  return insn(name, `011111 TH:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    asm(f) {
      const kind = kinds.find(([suffix, from]) => (suffix === 't' ? f.TH === from : f.TH >= from && f.TH < from + 8));
      return `${name}${kind?.[0] ?? ''}\t${rOr0(f.RA)},${r(f.RB)}${f.TH === kind?.[1] ? '' : `,${f.TH}`}`;
    },
    exec: () => {},
  });
}

const icbt = insn('icbt', '011111 CT:5 RA:5 RB:5 0000010110 0', {
  feature: '2.07',
  asm: f => `icbt\t${f.CT ? `${f.CT},` : ''}${rOr0(f.RA)},${r(f.RB)}`,
  exec: () => {},
});

/** What acts on a block's copies counts as a load from it. */
function flush(name: string, XO: number, names: Readonly<Record<number, string>> = { 0: name }): Insn {
  return insn(name, `011111 L:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    valid: f => names[f.L] !== undefined,
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${names[f.L]}\t${rOr0(f.RA)},${r(f.RB)}`,
    exec: (b, f) => void b.load(EAx(b, f.A, f.RB), 1),
  });
}

const icbi = insn('icbi', '011111 00000 RA:5 RB:5 1111010110 0', {
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `icbi\t${rOr0(f.RA)},${r(f.RB)}`,
  exec: (b, f) => void b.load(EAx(b, f.A, f.RB), 1),
});

/** The block doesn't leave its page: where one store is allowed, all are. */
const dcbz = insn('dcbz', '011111 00000 RA:5 RB:5 1111110110 0', {
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `dcbz\t${rOr0(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const bytes = cacheBlock(b);
    const block = b.and(EAx(b, f.A, f.RB), b.i64(-bytes));
    for (let at = 0; at < bytes; at += 16) b.storeV(address(b, b.add(block, b.i64(at))), b.v128(0n), 16);
  },
});

const barriers: Readonly<Record<number, string>> = { 0: 'hwsync', 1: 'lwsync', 2: 'ptesync' };

const sync = insn('sync', '011111 000 L:2 00000 00000 1001010110 0', {
  valid: f => f.L !== 3,
  asm: f => barriers[f.L] as string,
  exec: () => {},
});

const eieio = insn('eieio', '011111 00000 00000 00000 1101010110 0', {
  asm: () => 'eieio',
  exec: () => {},
});

const isync = insn('isync', '010011 00000 00000 00000 0010010110 0', {
  asm: () => 'isync',
  exec: b => b.synchronize(),
});

export const storageControl: readonly Insn[] = [
  touch('dcbt', 278), touch('dcbtst', 246), icbt,
  flush('dcbst', 54), flush('dcbf', 86, { 0: 'dcbf', 1: 'dcbfl', 3: 'dcbflp' }), icbi, dcbz,
  sync, eieio, isync,
];

/**
 * Loads and stores of several registers: ARM DDI 0487, F5.1 (LDM, LDMDA, LDMDB, LDMIB, STM…, PUSH, POP). Words at rising addresses,
 * the lowest register first; all have to be aligned (E2.3). CONSTRAINED UNPREDICTABLE: a base that is written back and stored is
 * stored as it was.
 */
import type { Builder, I32, Operand } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { a32, t16, t32 } from '../describe.ts';
import { reg, registerList, spelt } from '../names.ts';
import { LoadWritePC, LR, PC, PCValue, Rnot15, RNumber, setR, setRNumber, SP } from '../pseudocode.ts';
import { lastOfIT } from './it-block.ts';

const word = { align: 4 } as const;

const numbers = (list: number): readonly number[] => Array.from({ length: 16 }, (_, r) => r).filter(r => (list >>> r) & 1);
const count = (list: number): number => numbers(list).length;
const bit = (list: number, r: number): boolean => ((list >>> r) & 1) === 1;

/** Words from `address` on, two at a time. */
function loadWords(b: Builder, address: I32, n: number): readonly I32[] {
  const words: I32[] = [];
  for (let i = 0; i + 1 < n; i += 2) words.push(...b.loadPair(b.extU(b.add(address, b.i32(4 * i))), 4, word).map(x => b.wrap(x)));
  if (n & 1) words.push(b.wrap(b.load(b.extU(b.add(address, b.i32(4 * (n - 1)))), 4, word)));
  return words;
}

function storeWords(b: Builder, address: I32, words: readonly I32[]): void {
  const n = words.length;
  for (let i = 0; i + 1 < n; i += 2) {
    b.storePair(b.extU(b.add(address, b.i32(4 * i))), b.extU(words[i] as I32), b.extU(words[i + 1] as I32), 4, word);
  }
  if (n & 1) b.store(b.extU(b.add(address, b.i32(4 * (n - 1)))), words[n - 1] as I32, 4, word);
}

/** Where the lowest word lies, and what is written back: P before, U upwards. */
function block(b: Builder, P: number, U: number, base: I32, n: number): { readonly from: I32; readonly moved: I32 } {
  const moved = b.add(base, b.i32(U ? 4 * n : -4 * n));
  const lowest = U ? base : moved;
  return { from: P === U ? b.add(lowest, b.i32(4)) : lowest, moved };
}

type Multiple = Readonly<Record<'P' | 'U' | 'L' | 'list', number>>;
type WriteBack = (moved: I32) => void;

/** `base` is written back by `writeBack`, where it is. */
function multiple(b: Builder, { P, U, L, list }: Multiple, base: I32, writeBack?: WriteBack, kind: 'jump' | 'return' = 'jump'): void {
  const registers = numbers(list);
  const { from, moved } = block(b, P, U, base, registers.length);
  if (!L) {
    storeWords(b, from, registers.map(r => (r === PC ? PCValue(b) : RNumber(b, r))));
    writeBack?.(moved);
    return;
  }
  const words = loadWords(b, from, registers.length);
  writeBack?.(moved);
  registers.forEach((r, i) => { if (r !== PC) setRNumber(b, r, words[i] as I32); });
  if (bit(list, PC)) LoadWritePC(b, words.at(-1) as I32, kind);
}

const back = (b: Builder, W: number, Rn: Operand): WriteBack | undefined => (W ? moved => setR(b, Rn, moved) : undefined);

// ---- A32
type BlockA32 = Multiple & Readonly<Record<'W' | 'Rn', number>>;

const isAllocated = ({ L, W, Rn, list }: BlockA32): boolean => list !== 0 && Rn !== PC && !(L && W && bit(list, Rn));
const modes = ['da', 'db', 'ia', 'ib'] as const;

function spelling(f: BlockA32): string {
  const { P, U, W, L, Rn, list } = f;
  const pushes = Rn === SP && W === 1 && P !== L && U === L;
  if (pushes && count(list) > 1) return spelt(L ? 'pop' : 'push', f, registerList(list));
  const mode = U && !P && (L || !W) ? '' : modes[((U << 1) | P) as 0];
  return spelt(`${L ? 'ldm' : 'stm'}${pushes ? 'fd' : mode}`, f, `${reg(Rn)}${W ? '!' : ''}, ${registerList(list)}`);
}

const LDM = a32('LDM/STM', '100 P!1 U!1 0 W!1 L!1 Rn:4 list!16', {
  valid: isAllocated,
  asm: f => spelling({ ...f }),
  exec: (b, f) => multiple(b, f, Rnot15(b, f.Rn), back(b, f.W, f.Rn)),
});

const LDM_PC = a32('LDM with the PC', '100 P!1 U!1 0 W!1 1 Rn!4 1 rest!15', {
  overrides: ['A32 LDM/STM'],
  valid: f => isAllocated({ ...f, L: 1, list: f.rest | (1 << PC) }),
  asm: f => spelling({ ...f, L: 1, list: f.rest | (1 << PC) }),
  exec: (b, f) => multiple(b, { ...f, L: 1, list: f.rest | (1 << PC) }, RNumber(b, f.Rn),
    f.W ? moved => setRNumber(b, f.Rn, moved) : undefined, f.Rn === SP ? 'return' : 'jump'),
});

// ---- T32
const LDM_T16 = t16('LDM/STM', '1100 L!1 Rn!3 list!8', {
  valid: f => f.list !== 0,
  asm: f => `${f.L ? 'ldmia' : 'stmia'}\t${reg(f.Rn)}${f.L && bit(f.list, f.Rn) ? '' : '!'}, ${registerList(f.list)}`,
  exec(b, f) {
    const writes = !(f.L && bit(f.list, f.Rn));
    multiple(b, { P: 0, U: 1, L: f.L, list: f.list }, RNumber(b, f.Rn), writes ? moved => setRNumber(b, f.Rn, moved) : undefined);
  },
});

const toSP = (b: Builder): WriteBack => moved => setRNumber(b, SP, moved);

const PUSH = t16('PUSH', '1011 010 M!1 list!8', {
  valid: f => (f.M | f.list) !== 0,
  asm: f => `push\t${registerList(f.list | (f.M << LR))}`,
  exec: (b, f) => multiple(b, { P: 1, U: 0, L: 0, list: f.list | (f.M << LR) }, RNumber(b, SP), toSP(b)),
});

const POP = t16('POP', '1011 1100 list!8', {
  valid: f => f.list !== 0,
  asm: f => `pop\t${registerList(f.list)}`,
  exec: (b, f) => multiple(b, { P: 0, U: 1, L: 1, list: f.list }, RNumber(b, SP), toSP(b)),
});

const POP_PC = t16('POP with the PC', '1011 1101 list!8', {
  asm: f => `pop\t${registerList(f.list | (1 << PC))}`,
  exec: (b, f) => lastOfIT(b, () => multiple(b, { P: 0, U: 1, L: 1, list: f.list | (1 << PC) }, RNumber(b, SP), toSP(b), 'return')),
});

type BlockT32 = Omit<BlockA32, 'U'>;

/** The SP can't be in it, nor LR and the PC; nor the PC, if it is stored. */
const isAllocatedT32 = (f: BlockT32): boolean =>
  isAllocated({ ...f, U: 1 }) && count(f.list) > 1 && !bit(f.list, SP) && !(f.L ? bit(f.list, PC) && bit(f.list, LR) : bit(f.list, PC))
  && !(f.W && bit(f.list, f.Rn));
const spellingT32 = ({ P, W, L, Rn, list }: BlockT32): string =>
  `${L ? 'ldm' : 'stm'}${P ? 'db' : 'ia.w'}\t${reg(Rn)}${W ? '!' : ''}, ${registerList(list)}`;

/** IA and DB are told by both of two bits, the others are SRS and RFE. */
function wide(P: 0 | 1): readonly Insn[] {
  const bits = P ? '10' : '01';
  const name = `LDM${P ? 'DB' : ''}/STM${P ? 'DB' : ''}`;
  return [
    t32(name, `1110100 ${bits} 0 W!1 L!1 Rn:4 list!16` as 'W!1 L!1 Rn:4 list!16', {
      valid: f => isAllocatedT32({ ...f, P }),
      asm: f => spellingT32({ ...f, P }),
      exec: (b, f) => multiple(b, { P, U: 1 - P, L: f.L, list: f.list }, Rnot15(b, f.Rn), back(b, f.W, f.Rn)),
    }),
    t32(`${name} with the PC`, `1110100 ${bits} 0 W!1 1 Rn!4 1 rest!15` as 'W!1 Rn!4 rest!15', {
      overrides: [`T32 ${name}`],
      valid: f => isAllocatedT32({ ...f, P, L: 1, list: f.rest | (1 << PC) }),
      asm: f => spellingT32({ ...f, P, L: 1, list: f.rest | (1 << PC) }),
      exec: (b, f) => lastOfIT(b, () => multiple(b, { P, U: 1 - P, L: 1, list: f.rest | (1 << PC) }, RNumber(b, f.Rn),
        f.W ? moved => setRNumber(b, f.Rn, moved) : undefined, f.Rn === SP ? 'return' : 'jump')),
    }),
  ];
}

export const loadStoreMultipleA32: readonly Insn[] = [LDM, LDM_PC];
export const loadStoreMultipleT32: readonly Insn[] = [LDM_T16, PUSH, POP, POP_PC, ...wide(0), ...wide(1)];

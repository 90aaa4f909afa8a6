/**
 * Loads and stores of several registers and of strings, and of quadwords: Power ISA Book I, 3.3.4, 3.3.6, 3.3.7. In
 * little-endian mode those of several registers cause an alignment interrupt.
 */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, I64, Operand } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { alignment } from '../interrupt.ts';
import { memory, r, rOr0 } from '../names.ts';
import { address, EA, EAx, GPR, isLittleEndian, orZero, setGPR } from '../pseudocode.ts';
import { fields } from '../state.ts';

const raiseAlignment = defineHelper('alignment', ['i64'], 'void', { raises: 'always' }, (_cpu, at) => { throw alignment(at); });

/** Does `body` in big-endian mode. */
function bigEndianOnly(b: Builder, at: I64, body: () => void): void {
  if (isLittleEndian(b)) b.call(raiseAlignment, at);
  else body();
}

const behind = (b: Builder, at: I64, bytes: number): I64 => address(b, b.add(at, b.i64(bytes)));
/** The register `n` behind RT; the first follows the last. */
const successor = (b: Builder, RT: Operand, n: number): I32 => b.and(b.add(b.operand(RT), b.i32(n)), b.i32(31));

const lmw = insn('lmw', '101110 RT!5 RA:5 D:16', {
  valid: f => f.RA < f.RT,
  derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.D, 16) }),
  asm: f => `lmw\t${r(f.RT)},${memory(signExtend(f.D, 16), f.RA)}`,
  exec(b, f) {
    const at = EA(b, f.A, f.displacement);
    bigEndianOnly(b, at, () => {
      const words = Array.from({ length: 32 - f.RT }, (_, i) => b.load(behind(b, at, i * 4), 4));
      words.forEach((word, i) => { b.setAt(fields.gpr, b.i32(f.RT + i), word); });
    });
  },
});

const stmw = insn('stmw', '101111 RS!5 RA:5 D:16', {
  restartable: true,
  derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.D, 16) }),
  asm: f => `stmw\t${r(f.RS)},${memory(signExtend(f.D, 16), f.RA)}`,
  exec(b, f) {
    const at = EA(b, f.A, f.displacement);
    bigEndianOnly(b, at, () => {
      for (let i = 0; i < 32 - f.RS; i++) b.store(behind(b, at, i * 4), b.getAt(fields.gpr, b.i32(f.RS + i)), 4);
    });
  },
});

/** NB is 1 to 32 bytes. */
const count = (NB: number): number => NB || 32;
/** Whether RA is among `n` registers from RT on. */
const among = (RT: number, n: number, RA: number): boolean => ((RA - RT) & 31) < n;

/** The bytes of a register's word that a string ends in, left-justified. */
function partialWord(b: Builder, at: I64, bytes: number): I64 {
  let word = b.i64(0);
  for (let i = 0; i < bytes; i++) word = b.or(word, b.shl(b.load(behind(b, at, i), 1), b.i32(24 - i * 8)));
  return word;
}

const lswi = insn('lswi', '011111 RT:5 RA:5 NB!5 1001010101 0', {
  valid: f => !among(f.RT, Math.ceil(count(f.NB) / 4), f.RA),
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `lswi\t${r(f.RT)},${rOr0(f.RA)},${count(f.NB)}`,
  exec(b, f) {
    const at = address(b, GPR(b, f.A));
    bigEndianOnly(b, at, () => {
      const n = count(f.NB);
      const words = Array.from({ length: Math.ceil(n / 4) }, (_, i) => {
        const from = behind(b, at, i * 4);
        return n - i * 4 >= 4 ? b.load(from, 4) : partialWord(b, from, n - i * 4);
      });
      words.forEach((word, i) => { b.setAt(fields.gpr, successor(b, f.RT, i), word); });
    });
  },
});

const stswi = insn('stswi', '011111 RS:5 RA:5 NB!5 1011010101 0', {
  restartable: true,
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `stswi\t${r(f.RS)},${rOr0(f.RA)},${count(f.NB)}`,
  exec(b, f) {
    const at = address(b, GPR(b, f.A));
    bigEndianOnly(b, at, () => {
      const n = count(f.NB);
      for (let i = 0; i * 4 < n; i++) {
        const word = b.getAt(fields.gpr, successor(b, f.RS, i));
        const left = n - i * 4;
        if (left >= 4) b.store(behind(b, at, i * 4), word, 4);
        else for (let k = 0; k < left; k++) b.store(behind(b, at, i * 4 + k), b.shrU(word, b.i32(24 - k * 8)), 1);
      }
    });
  },
});

/** The most registers that XER's byte count fills. */
const MOST_WORDS = 32;
/** XER's byte count. */
const stringLength = (b: Builder): I32 => b.and(b.wrap(b.get(fields.XER)), b.i32(127));

/**
 * The words of a string at `at`, the last one filled up with zeros. All loads are done whatever the length is: a word that is not
 * wholly inside is taken from the string's last four bytes, and what a short string doesn't have from the instruction itself.
 */
function stringWords(b: Builder, at: I64, length: I32): I64[] {
  const own = b.pc();
  const long = b.leU(b.i32(4), length);
  const place = (known: I32, offset: I32): I64 => b.select(known, address(b, b.add(at, b.extU(offset))), own);
  const last = b.sub(length, b.i32(4));
  const words = Array.from({ length: MOST_WORDS }, (_, i) => {
    const start = b.i32(i * 4);
    const inside = b.leU(start, b.select(long, last, b.i32(0)));
    const offset = b.select(inside, start, last);
    const overlap = b.shl(b.sub(start, offset), b.i32(3));
    return b.and(b.shl(b.load(place(long, offset), 4), overlap), b.i64(0xffff_ffff));
  });
  let short = b.i64(0);
  for (let k = 0; k < 3; k++) {
    const has = b.ltU(b.i32(k), length);
    const byte = b.load(place(b.and(has, b.eqz(long)), b.i32(k)), 1);
    short = b.or(short, b.select(has, b.shl(byte, b.i32(24 - k * 8)), b.i64(0)));
  }
  return words.map((word, i) => (i === 0 ? b.select(long, word, short) : word));
}

const lswx = insn('lswx', '011111 RT:5 RA:5 RB:5 1000010101 0', {
  valid: f => f.RT !== f.RA && f.RT !== f.RB,
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `lswx\t${r(f.RT)},${rOr0(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const at = EAx(b, f.A, f.RB);
    bigEndianOnly(b, at, () => {
      const length = stringLength(b);
      stringWords(b, at, length).forEach((word, i) => {
        const register = successor(b, f.RT, i);
        b.setAt(fields.gpr, register, b.select(b.ltU(b.i32(i * 4), length), word, b.getAt(fields.gpr, register)));
      });
    });
  },
});

const stswx = insn('stswx', '011111 RS:5 RA:5 RB:5 1010010101 0', {
  restartable: true,
  derive: f => ({ A: orZero(f.RA) }),
  asm: f => `stswx\t${r(f.RS)},${rOr0(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const at = EAx(b, f.A, f.RB);
    bigEndianOnly(b, at, () => {
      const length = stringLength(b);
      for (let i = 0; i < MOST_WORDS; i++) {
        const word = b.getAt(fields.gpr, successor(b, f.RS, i));
        const whole = b.leU(b.i32(i * 4 + 4), length);
        b.when(whole, () => { b.store(behind(b, at, i * 4), word, 4); });
        for (let k = 0; k < 3; k++) {
          const has = b.and(b.ltU(b.i32(i * 4 + k), length), b.eqz(whole));
          b.when(has, () => { b.store(behind(b, at, i * 4 + k), b.shrU(word, b.i32(24 - k * 8)), 1); });
        }
      }
    });
  },
});

/** A pair of registers: the even one holds the more significant half. */
const even = (RTp: number): boolean => RTp % 2 === 0;

const lq = insn('lq', '111000 RTp:5 RA:5 DQ:12 0000', {
  feature: '2.07',
  valid: f => even(f.RTp) && f.RTp !== f.RA,
  derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.DQ, 12) * 16 }),
  asm: f => `lq\t${r(f.RTp)},${memory(signExtend(f.DQ, 12) * 16, f.RA)}`,
  exec: (b, f) => setPair(b, f.RTp, b.loadPair(EA(b, f.A, f.displacement), 8)),
});

const stq = insn('stq', '111110 RSp:5 RA:5 DS:14 10', {
  feature: '2.07',
  valid: f => even(f.RSp),
  derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.DS, 14) * 4 }),
  asm: f => `stq\t${r(f.RSp)},${memory(signExtend(f.DS, 14) * 4, f.RA)}`,
  exec: (b, f) => b.storePair(EA(b, f.A, f.displacement), ...pair(b, f.RSp), 8),
});

/** The doublewords of a pair of registers in memory's order. */
export function pair(b: Builder, RSp: Operand): [I64, I64] {
  const [high, low] = [GPR(b, RSp), b.getAt(fields.gpr, b.or(b.operand(RSp), b.i32(1)))];
  return isLittleEndian(b) ? [low, high] : [high, low];
}

export function setPair(b: Builder, RTp: Operand, [first, second]: readonly [I64, I64]): void {
  const [high, low] = isLittleEndian(b) ? [second, first] : [first, second];
  setGPR(b, RTp, high);
  b.setAt(fields.gpr, b.or(b.operand(RTp), b.i32(1)), low);
}

export const multiples: readonly Insn[] = [lmw, stmw, lswi, stswi, lswx, stswx, lq, stq];

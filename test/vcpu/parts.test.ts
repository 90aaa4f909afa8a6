/**
 * Loads and stores of several parts of which a later one faults (ARM DDI 0487, D1.3.8: what is done of the others is left open). We
 * choose: parts go by rising address, those before the one that faults have been stored, each as a whole; no register has been
 * written, neither the ones to load nor the base; FAR_EL1 has the first address that can't be reached.
 */
import { describe, expect, test } from 'vitest';
import { word } from './assembler.ts';
import { HOLE } from './rig.ts';
import { subjects, type Subject } from './subjects.ts';

const BASE = 1;
const [LOAD, STORE] = [1, 0];
const POST = 1;
const MULTIPLE = 'LD1-LD4/ST1-ST4 (multiple structures, post-index)';
const SINGLE = 'LD1-LD4/ST1-ST4 (single structure, post-index)';

interface Kind {
  readonly parts: readonly number[];
  readonly word: (L: number) => number;
}

const kinds: Readonly<Record<string, Kind>> = {
  'one register': { parts: [8], word: L => word('LDR/STR (post-index)', { size: 3, opc: L, imm9: 8, Rn: BASE, Rt: 6 }) },
  'pair': { parts: [8, 8], word: L => word('LDP/STP', { sf: 1, index: POST, L, imm7: 2, Rt2: 7, Rn: BASE, Rt: 6 }) },
  'pair of words': { parts: [4, 4], word: L => word('LDP/STP', { sf: 0, index: POST, L, imm7: 2, Rt2: 7, Rn: BASE, Rt: 6 }) },
  'pair of D registers': { parts: [8, 8], word: L => word('LDP/STP (SIMD&FP)', { opc: 1, index: POST, L, imm7: 2, Rt2: 3, Rn: BASE, Rt: 2 }) },
  'pair of Q registers': { parts: [16, 16], word: L => word('LDP/STP (SIMD&FP)', { opc: 2, index: POST, L, imm7: 2, Rt2: 3, Rn: BASE, Rt: 2 }) },
  'LD1/ST1 of four': { parts: [16, 16, 16, 16], word: L => word(MULTIPLE, { Q: 1, L, Rm: 31, opcode: 2, size: 0, Rn: BASE, Rt: 2 }) },
  'LD1/ST1 of three halves': { parts: [8, 8, 8], word: L => word(MULTIPLE, { Q: 0, L, Rm: 31, opcode: 6, size: 1, Rn: BASE, Rt: 2 }) },
  'LD3/ST3': { parts: [16, 8], word: L => word(MULTIPLE, { Q: 0, L, Rm: 31, opcode: 4, size: 2, Rn: BASE, Rt: 2 }) },
  'LD4/ST4': { parts: [16, 16, 16, 16], word: L => word(MULTIPLE, { Q: 1, L, Rm: 31, opcode: 0, size: 3, Rn: BASE, Rt: 2 }) },
  'LD4/ST4 of a lane': { parts: [4, 4, 4, 4], word: L => word(SINGLE, { Q: 1, L, R: 1, Rm: 31, opcode: 5, S: 0, size: 0, Rn: BASE, Rt: 2 }) },
};

const DATA_ABORT = 0x9600_0000;
const TRANSLATION_LEVEL3 = 7;
const WnR = 0x40;
const BEFORE = 0x5555_5555_5555_5555n;

function fresh(s: Subject): void {
  const { state } = s.cpu;
  for (let at = HOLE - 64; at < HOLE; at += 8) s.poke64(at, BEFORE);
  for (let n = 2; n < 8; n++) state.x[n] = 0x0101_0101_0101_0101n * BigInt(n + 1);
  for (let n = 4; n < 12; n++) state.v[n] = 0x0101_0101_0101_0101n * BigInt(n + 0x11);
}
const registers = (s: Subject): readonly bigint[] => [...Array.from(s.cpu.state.x).slice(1, 8), ...Array.from(s.cpu.state.v).slice(4, 12)];
/** Which of the 64 bytes before HOLE are no longer what they were. */
const written = (s: Subject): number[] =>
  Array.from({ length: 64 }, (_, n) => n - 64).filter(at => ((s.peek64((HOLE + at) & ~7) >> BigInt(((HOLE + at) & 7) * 8)) & 0xffn) !== 0x55n);

describe.each(subjects)('%s', (_name, make) => {
  test.each(Object.entries(kinds))('%s over the end of a page', (_kind, { parts, word: encoded }) => {
    const s = make();
    const total = parts.reduce((a, b) => a + b, 0);
    for (let inside = 0; inside < total; inside++) {
      const start = HOLE - inside;
      let done = 0;
      for (const bytes of parts) {
        if (done + bytes > inside) break;
        done += bytes;
      }
      for (const L of [STORE, LOAD]) {
        fresh(s);
        s.cpu.state.x[BASE] = BigInt(start);
        const before = registers(s);
        const fault = s.run(encoded(L));
        expect([inside, fault]).toEqual([inside, { esr: (DATA_ABORT | TRANSLATION_LEVEL3 | (L ? 0 : WnR)) >>> 0, far: BigInt(Math.max(HOLE, start + done)) }]);
        expect(registers(s)).toEqual(before);
        expect(written(s)).toEqual(L ? [] : Array.from({ length: done }, (_, n) => n - inside));
      }
    }
    fresh(s);
    s.cpu.state.x[BASE] = BigInt(HOLE - total);
    expect(s.run(encoded(STORE))).toBeUndefined();
    expect([s.cpu.state.x[BASE], written(s).length]).toEqual([BigInt(HOLE), total]);
  });
});

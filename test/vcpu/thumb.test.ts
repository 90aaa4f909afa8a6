/** Code of one or two halfwords with IT blocks: wherever it lies in its pages, and wherever it is left and gone on with. */
import { describe, expect, test } from 'vitest';
import { cpuModels } from '../../src/guest/aarch64/index.ts';
import { Assembler } from './assembler.ts';
import { CODE, DATA, PAGE_ATTRIBUTES, Rig, reportingVectors, tiers } from './rig.ts';

const model = cpuModels.max;
/** EL0 may read, write and execute. */
const USER = PAGE_ATTRIBUTES | (1n << 6n);
const [T32, USER_MODE] = [1 << 5, 1 << 4];
const FROM_AARCH32 = { sync: 0x600, irq: 0x680 } as const;
const ERET = CODE + 0x8000;

/** movs r0,#0; movs r1,#20; loop: lsls r2,r1,#31; ite ne; addne r0,r0,r1; subeq.w r0,r0,#3; cmp r1,#10; ittet gt; addgt r3,#1; strgt r1,[r6]; movle r4,r1; ldrgt r5,[r6]; subs r1,#1; bne loop; svc 0 */
const program = [
  [0x2000], [0x2114], [0x07ca], [0xbf14], [0x1840], [0xf1a0, 0x0003], [0x290a], [0xbfc5], [0x3301], [0x6031], [0x460c], [0x6835], [0x3901], [0xd1f2], [0xdf00],
];
const halfwords = program.flat();
const STEPS = 2 + 20 * 12;
const result = { 0: 100n - 30n, 1: 0n, 3: 10n, 4: 1n, 5: 11n };

/** The program with its `n`-th halfword the first of a page that lies elsewhere in memory. */
function place(r: Rig, n: number): number {
  const [first, second] = [CODE + 0x2000, CODE + 0x5000];
  const [va, next] = [CODE + 0x2000, CODE + 0x3000];
  r.map(va, BigInt(first) | USER);
  r.map(next, BigInt(second) | USER);
  r.map(DATA, BigInt(DATA) | USER);
  r.map(ERET & -4096, BigInt(ERET) | PAGE_ATTRIBUTES);
  const start = next - 2 * n;
  halfwords.forEach((halfword, i) => {
    const at = start + 2 * i;
    new DataView(r.bytes(at < next ? at : at - next + second, 2).buffer, r.bytes(at < next ? at : at - next + second, 2).byteOffset).setUint16(0, halfword, true);
  });
  r.cpu.memoryChanged(first, 0x1000);
  r.cpu.memoryChanged(second, 0x1000);
  r.cpu.flushTlb();
  return start;
}

function begin(r: Rig, at: number): void {
  r.cpu.setBudget(0);
  r.setX({ 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: DATA });
  r.state.pc = BigInt(at);
  r.cpu.guest.pstate = USER_MODE | T32;
}

const expectResult = (r: Rig, start: number): void => {
  for (const [n, value] of Object.entries(result)) expect(r.x(Number(n)), `r${n}`).toBe(value);
  expect(r.state.ELR_EL1).toBe(BigInt(start + 2 * halfwords.length));
  expect(r.state.SPSR_EL1 & 0x3ffn).toBe(BigInt(USER_MODE | T32));
};

describe.each(tiers)('%s', (_name, tier) => {
  const rig = (): Rig => {
    const r = new Rig({ ...tier, model }).load(reportingVectors(), false);
    return r.load(new Assembler(ERET).eret(), false);
  };

  test.each(halfwords.map((_, n) => n))('A2.13: the page ends before halfword %i', n => {
    const r = rig();
    const start = place(r, n);
    for (let round = 0; round < 4; round++) {
      begin(r, start);
      expect(r.toExit()).toBe(`hvc ${0x1000 + FROM_AARCH32.sync}`);
      expectResult(r, start);
    }
  });

  test('A2.15: in pieces of every length', () => {
    const r = rig();
    const start = place(r, 6);
    for (let piece = 1; piece < 40; piece++) {
      begin(r, start);
      let exit = 'budget';
      for (let n = 0; exit === 'budget' && n < STEPS + 3; n++) {
        r.cpu.setBudget(piece);
        exit = r.toExit();
      }
      expect(exit).toBe(`hvc ${0x1000 + FROM_AARCH32.sync}`);
      expectResult(r, start);
    }
  });

  test('A2.9: an interrupt before each instruction, from which it goes on', () => {
    const r = rig();
    const start = place(r, 6);
    for (let before = 0; before < STEPS; before++) {
      begin(r, start);
      if (before > 0) r.step(before);
      r.cpu.setBudget(0);
      r.raise();
      expect(r.toExit()).toBe(`hvc ${0x1000 + FROM_AARCH32.irq}`);
      r.lower();
      r.state.pc = BigInt(ERET);
      expect(r.toExit()).toBe(`hvc ${0x1000 + FROM_AARCH32.sync}`);
      expectResult(r, start);
    }
  });
});

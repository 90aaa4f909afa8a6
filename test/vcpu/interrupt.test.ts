/** Interrupts between instructions: reference A2.1 to A2.9 and A2.18. */
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { PSTATE_F, PSTATE_I } from '../../src/guest/aarch64/pstate.ts';
import { REQUEST_INTERRUPT, REQUEST_KICK } from '../../src/vcpu/cpu.ts';
import { Assembler, EQ, NE, PLATFORM, SP, word, XZR } from './assembler.ts';
import { CODE, DATA, FROM_EL1, HOLE, Rig, reportingVectors, tiers, tookIrq, VECTORS } from './rig.ts';

const STACK = DATA + 0x8000;

/** Saves what it uses, tells the platform ELR_EL1 (which takes the interrupt back), and returns. */
function countingHandler(): { handler: Assembler; length: number } {
  const a = new Assembler(VECTORS).org(VECTORS + FROM_EL1.irq);
  const start = a.here;
  a.stp(0, 1, SP, -16, 'pre').mrsNamed('ELR_EL1', 0).msr(PLATFORM, 0).ldp(0, 1, SP, 16, 'post').eret();
  return { handler: a, length: (a.here - start) / 4 };
}

/** Arithmetic with carries, calls, data-dependent branches, loads and stores of every kind, vectors; over 10,000 instructions. */
function workload(): Assembler {
  const a = new Assembler(CODE);
  a.mov(0, 600).mov(1, DATA).mov(2, 0x9e37_79b9_7f4a_7c15n).mov(3, 1);
  a.label('loop').madd(3, 3, 2, 0).eor(4, 3, 2, 17).addsReg(5, 4, 3).adc(6, 5, 4).bl('function');
  a.str(6, 1).ldr(7, 1).stp(3, 4, 1, 16, 'pre').ldp(8, 9, 1).sub(1, 1, 16).fmovToV(0, 8).strQ(0, 1, 32).ldrQ(1, 1, 32);
  a.ldr(10, 1, 32, 0).cbz(10, 'skip').addReg(11, 11, 10).label('skip').subs(0, 0, 1).bCond(NE, 'loop').hvc(7);
  a.label('function').eor(6, 6, 7, 5).subs(12, 6, 0).bCond(EQ, 'return').add(13, 13, 1).label('return').ret();
  return a;
}

function result(r: Rig): string {
  const registers = Array.from({ length: 31 }, (_, n) => r.x(n).toString(16));
  const memory = Array.from({ length: 16 }, (_, n) => r.peek64(DATA + n * 8).toString(16));
  return [...registers, r.v(0), r.v(1), r.state.nzcv, r.x(32), ...memory].join(' ');
}

function start(r: Rig): Rig {
  for (let n = 0; n < 33; n++) r.state.x[n] = 0n;
  r.state.v.fill(0n);
  for (let n = 0; n < 16; n++) r.poke64(DATA + n * 8, 0n);
  r.setX({ 32: STACK });
  r.state.nzcv = 0;
  return r.load(workload());
}

describe.each(tiers)('%s', (_name, tier) => {
  const BOUNDARIES = 10_000;

  test('A2.1, A2.7: an interrupt at each of 10,000 instruction boundaries changes no result', () => {
    const r = new Rig(tier);
    const { handler, length } = countingHandler();
    r.load(handler, false);
    start(r);
    const pcs: number[] = [];
    for (let n = 0; n < BOUNDARIES; n++) {
      pcs.push(Number(r.state.pc));
      r.step(1);
    }
    r.cpu.setBudget(0);
    expect(r.toExit()).toBe('hvc 7');
    const expected = result(r);

    // Single steps, then runs through whole units: each boundary once with either.
    for (const stride of [1, 32]) {
      const returns: number[] = [];
      for (let first = 0; first < stride; first++) {
        r.platform.write = elr => {
          returns[at] = Number(elr);
          r.lower();
        };
        let at = first;
        start(r).cpu.setBudget(0);
        if (first > 0) r.step(first);
        for (; at < BOUNDARIES; at += stride) {
          r.raise();
          r.step(length + Math.min(stride, BOUNDARIES - at));
        }
        r.cpu.setBudget(0);
        expect(r.toExit()).toBe('hvc 7');
        expect(result(r)).toBe(expected);
      }
      expect(returns).toEqual(pcs);
    }
  });

  test('A2.1, A2.18: interrupts that another thread raises at any time, in uncounted runs, change no result', async () => {
    const r = new Rig(tier);
    r.load(countingHandler().handler, false);
    expect(start(r).toExit()).toBe('hvc 7');
    const expected = result(r);
    const INTERRUPTS = 80;
    const [line, left] = [r.i32Index(DATA + 0x4000), r.i32Index(DATA + 0x4004)];
    const words = r.arena.i32;
    words[left] = INTERRUPTS;
    r.platform.lines = () => Atomics.load(words, line);
    r.platform.write = () => {
      Atomics.sub(words, left, 1);
      Atomics.store(words, line, 0);
      r.cpu.request(REQUEST_INTERRUPT);
    };
    const worker = new Worker(
      `const { workerData: w } = require('node:worker_threads');
       const words = new Int32Array(w.buffer);
       for (let seed = 1; Atomics.load(words, w.left) > 0;) {
         seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
         for (let n = seed >>> 20; n > 0; n--) Atomics.load(words, w.line);
         Atomics.store(words, w.line, 1);
         Atomics.or(words, w.request, ${REQUEST_INTERRUPT});
         while (Atomics.load(words, w.line) !== 0);
       }`,
      { eval: true, workerData: { buffer: r.arena.memory.buffer, line, left, request: r.cpu.requestWord } },
    );
    const ended = new Promise(resolve => worker.once('exit', resolve));
    await new Promise(resolve => worker.once('online', resolve));
    while (Atomics.load(words, left) > 0) {
      expect(start(r).toExit()).toBe('hvc 7');
      expect(result(r)).toBe(expected);
    }
    await ended;
  });

  test('A2.2: a request seen at a block\'s start leaves without any of its instructions', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    const a = new Assembler(CODE).label('top').add(0, 0, 1).str(0, 1).subs(2, 2, 1).bCond(NE, 'top').hvc(1);
    r.load(a).setX({ 0: 0, 1: DATA, 2: 100 });
    r.cpu.setBudget(1000);
    expect(r.toExit()).toBe('hvc 1');
    r.enter(CODE).setX({ 0: 5, 2: 3 });
    r.poke64(DATA, 77n);
    const retired = r.cpu.retired;
    r.cpu.request(REQUEST_KICK);
    expect(r.toExit()).toBe('kicked');
    expect([r.x(0), r.x(2), r.peek64(DATA), r.state.pc, r.cpu.retired]).toEqual([5n, 3n, 77n, BigInt(CODE), retired]);
    r.raise();
    expect(r.toExit()).toBe(tookIrq);
    expect([r.x(0), r.x(2), r.peek64(DATA), r.state.ELR_EL1]).toEqual([5n, 3n, 77n, BigInt(CODE)]);
  });

  test('A2.3: `b .` is left for an interrupt and for a kick that another thread asks for', async () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    r.load(new Assembler(CODE).str(1, 0).label('here').b('here'));
    for (const bits of [REQUEST_INTERRUPT, REQUEST_KICK]) {
      r.enter(CODE).setX({ 0: DATA, 1: 1 });
      r.poke64(DATA, 0n);
      r.platform.up = bits === REQUEST_INTERRUPT ? 1 : 0;
      r.state.daif = PSTATE_I | PSTATE_F;
      // The line is up and masked all the time; what the other thread does is to unmask it behind the engine's back.
      const daif = (r.cpu.base + r.engine.arch.layout.fields['daif']!.offset) >>> 2;
      const worker = new Worker(
        `const { workerData: w } = require('node:worker_threads');
         const words = new Int32Array(w.buffer);
         while (Atomics.load(words, w.running) === 0);
         Atomics.store(words, w.daif, 0);
         Atomics.or(words, w.request, w.bits);`,
        { eval: true, workerData: { buffer: r.arena.memory.buffer, running: r.i32Index(DATA), daif, request: r.cpu.requestWord, bits } },
      );
      const ended = new Promise(resolve => worker.once('exit', resolve));
      await new Promise(resolve => worker.once('online', resolve));
      expect(r.toExit()).toBe(bits === REQUEST_INTERRUPT ? tookIrq : 'kicked');
      expect(bits === REQUEST_INTERRUPT ? r.state.ELR_EL1 : r.state.pc).toBe(BigInt(CODE + 4));
      await ended;
    }
  });

  test('A2.3: chains of direct, indirect and page-crossing branches are left too', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    const far = new Assembler(CODE + 0x1000).label('top').add(1, 1, 1).br(20);
    const a = new Assembler(CODE).label('loop').add(0, 0, 1).mrs(2, PLATFORM).cbnz(2, 'out').br(21);
    a.label('out').bl('sub').b('loop').label('sub').add(3, 3, 1).ret();
    r.load(far, false).load(a);
    let reads = 0;
    r.platform.read = () => {
      if (++reads === 500) r.raise();
      return BigInt(reads % 3);
    };
    r.setX({ 20: CODE, 21: CODE + 0x1000 });
    expect(r.toExit()).toBe(tookIrq);
    expect(reads).toBe(500);
    expect(r.x(0)).toBe(500n);
  });

  test('A2.4: after the flag is set no more than the rest of the block is executed', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    const a = new Assembler(CODE).mrs(2, PLATFORM);
    for (let n = 0; n < 300; n++) a.add(0, 0, 1);
    r.platform.read = () => {
      r.raise();
      return 0n;
    };
    for (let round = 0; round < 5; round++) {
      r.platform.up = 0;
      r.load(a).setX({ 0: 0 });
      expect(r.toExit()).toBe(tookIrq);
      expect(r.x(0)).toBeLessThan(96n);
      expect(r.state.ELR_EL1).toBe(BigInt(CODE + 4) + 4n * r.x(0));
    }
  });

  test('A2.6: the abandoned block is not translated again', () => {
    const r = new Rig(tier);
    const { handler } = countingHandler();
    r.load(handler, false).load(new Assembler(CODE).label('loop').add(0, 0, 1).mrs(2, PLATFORM).cbz(2, 'loop').hvc(2));
    r.setX({ 32: STACK });
    let reads = 0;
    const translations: string[] = [];
    r.platform.read = () => {
      reads++;
      if (reads % 50 === 0) {
        translations.push(`${r.engine.compiler.units} ${r.engine.cache.blocks.size} ${r.engine.space.modules}`);
        r.raise();
      }
      return reads === 1010 ? 1n : 0n;
    };
    let interrupts = 0;
    r.platform.write = () => {
      interrupts++;
      r.lower();
    };
    expect(r.toExit()).toBe('hvc 2');
    expect(interrupts).toBe(20);
    expect(r.x(0)).toBe(1010n);
    // Long before the tenth interrupt everything is translated that there is.
    expect(new Set(translations.slice(10)).size).toBe(1);
  });

  test('A2.7: execution goes on where the handler says, not in the block that was left', () => {
    const r = new Rig(tier);
    const a = new Assembler(CODE).label('loop').add(0, 0, 1).mrs(2, PLATFORM).b('loop').label('other').hvc(9);
    const handler = new Assembler(VECTORS).org(VECTORS + FROM_EL1.irq).msr(PLATFORM, XZR).msrNamed('ELR_EL1', 5).eret();
    r.load(handler, false).load(a).setX({ 5: a.at('other') });
    let reads = 0;
    r.platform.read = () => {
      if (++reads === 100) r.raise();
      return 0n;
    };
    r.platform.write = () => r.lower();
    expect(r.toExit()).toBe('hvc 9');
    expect([reads, r.x(0)]).toEqual([100, 100n]);
  });

  test('A2.8: kick, interrupt, flush and budget in one word: none hides another', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false).load(new Assembler(CODE).label('loop').add(0, 0, 1).mrs(2, PLATFORM).b('loop'));
    let reads = 0;
    r.platform.read = () => {
      if (++reads === 20) {
        r.raise();
        r.cpu.request(REQUEST_KICK);
        r.cpu.flushTlb();
      }
      return 0n;
    };
    r.cpu.setBudget(64);
    expect(r.toExit()).toBe('kicked');
    // The interrupt was taken before the kick was reported; what is left of the budget runs in the handler.
    expect(r.state.pc).toBe(BigInt(VECTORS + FROM_EL1.irq));
    expect(r.cpu.retired).toBeLessThanOrEqual(61n);
    expect(r.x(0)).toBe(20n);
    expect(r.toExit()).toBe(tookIrq);
  });

  test('A2.9: a masked interrupt is delivered behind MSR DAIFClr, MSR DAIF and ERET', () => {
    const unmasking: Record<string, (a: Assembler) => Assembler> = {
      'MSR DAIFClr': a => a.daifClr(2),
      'MSR DAIF': a => a.raw(word('MSR DAIF', { Rt: XZR })),
      ERET: a => a.adr(4, 'after').msrNamed('ELR_EL1', 4).mov(4, 5).msrNamed('SPSR_EL1', 4).eret(),
    };
    for (const [name, unmask] of Object.entries(unmasking)) {
      const r = new Rig(tier);
      const a = new Assembler(CODE).daifSet(2).label('loop').mrs(2, PLATFORM).add(0, 0, 1).subs(1, 1, 1).bCond(NE, 'loop');
      unmask(a).label('after').add(3, 3, 1).hvc(5);
      for (let round = 0; round < 5; round++) {
        r.platform.up = 0;
        r.load(reportingVectors(), false).load(a).setX({ 0: 0, 1: 20, 3: 0 });
        let reads = 0;
        r.platform.read = () => {
          if (++reads === 5) r.raise();
          return 0n;
        };
        expect(r.toExit(), name).toBe(tookIrq);
        expect([r.x(0), r.x(3)], name).toEqual([20n, 0n]);
        expect(r.state.ELR_EL1, name).toBe(BigInt(a.at('after')));
      }
    }
  });

  test('A2.9: a masked interrupt that is gone again is not delivered', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    r.load(new Assembler(CODE).daifSet(2).msr(PLATFORM, 0).msr(PLATFORM, 1).daifClr(2).nop().hvc(6)).setX({ 0: 1, 1: 0 });
    r.platform.write = up => {
      if (up) r.raise();
      else r.lower();
    };
    expect(r.toExit()).toBe('hvc 6');
  });

  test('A2.18: a request that is there on entry, or comes while a block is looked up, is seen before any instruction', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    r.load(new Assembler(CODE).add(0, 0, 1).hvc(1)).setX({ 0: 0 });
    r.raise();
    // Nothing is translated yet: the request comes before the first lookup.
    expect(r.toExit()).toBe(tookIrq);
    expect(r.x(0)).toBe(0n);
    r.lower();
    // During the lookup: the fetch's translation is where another thread's request would race with it.
    r.enter(CODE).cpu.flushTlb();
    const { guest } = r.cpu;
    const translate = guest.translate.bind(guest);
    guest.translate = (va, kind, unprivileged) => {
      if (kind === 'fetch' && va === BigInt(CODE)) r.raise();
      return translate(va, kind, unprivileged);
    };
    expect(r.toExit()).toBe(tookIrq);
    expect([r.x(0), r.state.ELR_EL1]).toEqual([0n, BigInt(CODE)]);
  });

  test('A2.18: an interrupt between an MMIO exit and its completion waits for the instruction', () => {
    const r = new Rig(tier);
    r.load(reportingVectors(), false);
    r.load(new Assembler(CODE).ldr(0, 1).add(2, 2, 1).hvc(1)).setX({ 1: 0x0900_0000 });
    expect(r.toExit()).toBe('mmio read 8 at 0x9000000');
    r.raise();
    r.cpu.completeMmio(0x55n);
    expect(r.toExit()).toBe(tookIrq);
    expect([r.x(0), r.x(2), r.state.ELR_EL1]).toEqual([0x55n, 0n, BigInt(CODE + 4)]);
  });

  test('A2.5: the CPU leaves for nothing but what the caller has to do: exceptions stay inside', () => {
    const r = new Rig(tier);
    const vectors = new Assembler(VECTORS).org(VECTORS + FROM_EL1.sync).add(9, 9, 1).mrsNamed('ELR_EL1', 8).add(8, 8, 4).msrNamed('ELR_EL1', 8).eret();
    r.load(vectors, false).load(new Assembler(CODE).label('loop').ldr(0, 1).subs(2, 2, 1).bCond(NE, 'loop').hvc(3));
    r.setX({ 1: HOLE, 2: 100 });
    expect(r.toExit()).toBe('hvc 3');
    expect(r.x(9)).toBe(100n);
  });
});

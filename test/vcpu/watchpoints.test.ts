/** Watchpoints of the guest's own, for every kind of access: before it takes effect, and at no other (DDI 0487, D2.10). */
import { describe, expect, it } from 'vitest';
import { Assembler } from './assembler.ts';
import { CODE, DATA, HOLE, Rig, reportingVectors, tiers, tookSync } from './rig.ts';

const MDE_KDE = 0xa000n;
const LOAD = 1;
const STORE = 2;
const BOTH = 3;
const E_PAC = 7;

/** X2 during the tests. */
const AT = DATA + 128;

/** Instructions of which X2 is the base, the bytes that they access from there, and how. */
const accesses: readonly (readonly [asm: string, word: number, from: number, bytes: number, LSC: number])[] = [
  ['ldr x3, [x2]', 0xf9400043, 0, 8, LOAD],
  ['ldrb w3, [x2, #5]', 0x39401443, 5, 1, LOAD],
  ['ldrsw x3, [x2, #4]', 0xb9800443, 4, 4, LOAD],
  ['ldr w3, [x2, #8]!', 0xb8408c43, 8, 4, LOAD],
  ['ldp x3, x4, [x2, #-8]', 0xa97f9043, -8, 16, LOAD],
  ['ldp w3, w4, [x2]', 0x29401043, 0, 8, LOAD],
  ['ldr q0, [x2]', 0x3dc00040, 0, 16, LOAD],
  ['ldp q0, q1, [x2, #-16]', 0xad7f8440, -16, 32, LOAD],
  ['ld1 {v0.16b, v1.16b}, [x2]', 0x4c40a040, 0, 32, LOAD],
  ['ld4 {v0.b-v3.b}[3], [x2]', 0x0d602c40, 0, 4, LOAD],
  ['ldar x3, [x2]', 0xc8dffc43, 0, 8, LOAD],
  ['ldapr x3, [x2]', 0xf8bfc043, 0, 8, LOAD],
  ['ldxr x3, [x2]', 0xc85f7c43, 0, 8, LOAD],
  ['ldaxp x3, x4, [x2]', 0xc87f9043, 0, 16, LOAD],
  ['str x3, [x2]', 0xf9000043, 0, 8, STORE],
  ['strb w3, [x2, #5]', 0x39001443, 5, 1, STORE],
  ['strh w3, [x2, #6]', 0x79000c43, 6, 2, STORE],
  ['stp x3, x4, [x2, #-8]', 0xa93f9043, -8, 16, STORE],
  ['stp q0, q1, [x2, #-16]', 0xad3f8440, -16, 32, STORE],
  ['st1 {v0.16b, v1.16b}, [x2]', 0x4c00a040, 0, 32, STORE],
  ['st4 {v0.b-v3.b}[3], [x2]', 0x0d202c40, 0, 4, STORE],
  ['stlr x3, [x2]', 0xc89ffc43, 0, 8, STORE],
  ['stxr w5, x3, [x2]', 0xc8057c43, 0, 8, STORE],
  ['stlxp w5, x3, x4, [x2]', 0xc8259043, 0, 16, STORE],
  ['dc zva, x2', 0xd50b7422, 0, 64, STORE],
  ['ldadd x3, x4, [x2]', 0xf8230044, 0, 8, BOTH],
  ['swp x3, x4, [x2]', 0xf8238044, 0, 8, BOTH],
  ['ldsmax x3, x4, [x2]', 0xf8234044, 0, 8, BOTH],
  ['cas x3, x4, [x2]', 0xc8a37c44, 0, 8, BOTH],
  ['casp x4, x5, x6, x7, [x2]', 0x48247c46, 0, 16, BOTH],
  ['prfm pldl1keep, [x2]', 0xf9800040, 0, 0, BOTH],
  ['dc civac, x2', 0xd50b7e22, 0, 0, BOTH],
  ['dc ivac, x2', 0xd5087622, 0, 0, BOTH],
  ['dc cvau, x2', 0xd50b7b22, 0, 0, BOTH],
];

/** Watches with the guest's first register. */
function watch(rig: Rig, WVR: number, WCR: number): void {
  const { state, cpu: { guest } } = rig;
  state.MDSCR_EL1 = MDE_KDE;
  state.OSLSR_EL1 = 8n;
  state.DBGWVR[0] = BigInt(WVR);
  state.DBGWCR[0] = BigInt(WCR);
  guest.debug.update();
}

const bytes = (address: number, BAS: number, LSC: number): [WVR: number, WCR: number] => [address & ~7, E_PAC | LSC << 3 | BAS << 5 + (address & 7)];

for (const [name, tier] of tiers) {
  describe(name, () => {
    const rig = new Rig(tier);
    rig.load(reportingVectors(), false);
    const run = (word: number): string => {
      rig.load(new Assembler(CODE).raw(word).hvc(1)).setX({ 2: AT, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7 });
      // A run without, so that everything is translated and in the TLB.
      watch(rig, 0, 0);
      expect(rig.toExit()).toBe('hvc 1');
      for (let at = AT - 64; at < AT + 128; at += 8) rig.poke64(at, 0x0102_0304_0506_0708n);
      rig.enter(CODE).setX({ 2: AT, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7 });
      return '';
    };

    it.each(accesses)('A5.16 %s', (_asm, word, from, length, LSC) => {
      const first = AT + from;
      const last = first + length - 1;
      const watched = length === 0 ? [AT, AT + 7] : [first - 1, first, last, last + 1];
      for (const byte of watched) {
        for (const kind of [LOAD, STORE, BOTH]) {
          run(word);
          const expected = byte >= first && byte <= last && (kind & LSC) !== 0;
          watch(rig, ...bytes(byte, 1, kind));
          expect([byte - AT, kind, rig.toExit()]).toEqual([byte - AT, kind, expected ? tookSync : 'hvc 1']);
          if (!expected) continue;
          const WnR = LSC === STORE || (LSC === BOTH && kind === STORE) ? 0x40n : 0n;
          const { ESR_EL1, FAR_EL1, ELR_EL1 } = rig.state;
          expect([ESR_EL1, Number(FAR_EL1), Number(ELR_EL1)]).toEqual([0xd600_0022n | WnR, byte, CODE]);
          expect([rig.x(2), rig.x(3), rig.x(4), rig.x(5)]).toEqual([BigInt(AT), 3n, 4n, 5n]);
          expect(rig.bytes(byte, 1)[0]).toBe(8 - (byte & 7));
        }
      }
    });

    it('A5.16 a range by MASK, and every access of a hot loop', () => {
      run(0xf9000043);
      watch(rig, AT & ~0xff, E_PAC | STORE << 3 | 0xff << 5 | 8 << 24);
      expect([rig.toExit(), Number(rig.state.FAR_EL1)]).toEqual([tookSync, AT]);
      const loop = new Assembler(CODE).mov(5, 1000).label('again').str(5, 3).ldr(6, 2).subs(5, 5, 1).bCond(1, 'again').hvc(2);
      watch(rig, 0, 0);
      rig.load(loop).setX({ 2: AT, 3: AT + 0x1000 });
      expect(rig.toExit()).toBe('hvc 2');
      // The page of X3 stays fast; that of X2 is looked at a thousand times, and hit by none.
      rig.load(loop).setX({ 2: AT, 3: AT + 0x1000 });
      watch(rig, ...bytes(AT + 64, 0xff, LOAD));
      expect([rig.toExit(), rig.x(6)]).toEqual(['hvc 2', rig.peek64(AT)]);
    });

    it('A5.16 a fault of the access comes first; an access across pages is looked at as a whole', () => {
      run(0xf9400043);
      watch(rig, ...bytes(HOLE, 0xff, BOTH));
      rig.setX({ 2: HOLE });
      expect([rig.toExit(), rig.state.ESR_EL1 >> 26n]).toEqual([tookSync, 0x25n]);
      run(0xf9400043);
      watch(rig, ...bytes(DATA + 0x1000, 1, LOAD));
      rig.setX({ 2: DATA + 0x1000 - 7 });
      expect([rig.toExit(), Number(rig.state.FAR_EL1)]).toEqual([tookSync, DATA + 0x1000]);
    });

    it('A5.16 LDTR and STTR are EL0\'s; PSTATE.D, the OS lock and MDE decide', () => {
      for (const [word, PAC, hit] of [[0xf8400843, 2, true], [0xf8400843, 1, false], [0xf9400043, 1, true], [0xf9400043, 2, false]] as const) {
        run(0xf9400043);
        rig.load(new Assembler(CODE).raw(word).hvc(1));
        rig.map(DATA, BigInt(DATA) | 0x403n | 1n << 6n);
        rig.cpu.flushTlb();
        watch(rig, AT, 1 | PAC << 1 | LOAD << 3 | 0xff << 5);
        expect([word, rig.toExit()]).toEqual([word, hit ? tookSync : 'hvc 1']);
      }
      rig.reset();
      const off: (() => void)[] = [
        () => { rig.enter(CODE, 0x200); },
        () => { rig.state.OSLSR_EL1 = 10n; },
        () => { rig.state.MDSCR_EL1 = 0x2000n; },
        () => { rig.state.MDSCR_EL1 = 0x8000n; },
      ];
      for (const turnOff of off) {
        run(0xf9400043);
        watch(rig, ...bytes(AT, 0xff, BOTH));
        turnOff();
        rig.cpu.guest.debug.update();
        expect(rig.toExit()).toBe('hvc 1');
      }
    });
  });
}

/** The guest's own breakpoints and software step where user code is AArch32: DDI 0487, D2.8 (BAS) and D2.12. */
import { describe, expect, it } from 'vitest';
import { enterUser, ERET, put, T32, tookSync, userRig } from './aarch32.ts';
import { CODE, DATA, Rig, tiers } from './rig.ts';

const MDE = 1n << 15n;
const SS = 1n;
/** Enabled, of EL0; with a BAS. */
const control = (BAS: number): bigint => 5n | BigInt(BAS << 5);
const BREAKPOINT = 0xc200_0022n; // EC 0x30
const STEP = 0xca00_0022n; // EC 0x32
const ISV = 1n << 24n;
const EX = 1n << 6n;
const SPSR_SS = 1n << 21n;

function set(r: Rig, MDSCR: bigint, BVR?: number, BCR = 0n): void {
  const { state } = r;
  state.MDSCR_EL1 = MDSCR;
  state.OSLSR_EL1 = 8n;
  state.DBGBVR[0] = BigInt(BVR ?? 0);
  state.DBGBCR[0] = BCR;
  r.cpu.guest.debug.update();
}

describe.each(tiers)('%s', (_name, tier) => {
  it('D2.8 BAS: a halfword of a word', () => {
    const r = userRig(tier);
    // loop: adds r0, #1; adds r1, #1; adds.w r2, r2, #1; adds r3, #1; subs r5, #1; bne loop; svc 0
    put(r, CODE, { t32: [0x3001, 0x3101, 0xf112, 0x0201, 0x3301, 0x3d01, 0xd1f8, 0xdf00] });
    const run = (): void => { enterUser(r, CODE, T32).setX({ 0: 0, 1: 0, 2: 0, 3: 0, 5: 3 }); };
    const hits = (at: number, BAS: number): number | undefined => {
      set(r, MDE, CODE + (at & ~3), control(BAS));
      run();
      expect(r.toExit()).toBe(tookSync);
      return r.state.ESR_EL1 === BREAKPOINT ? Number(r.state.ELR_EL1) - CODE : undefined;
    };
    set(r, 0n);
    for (let round = 0; round < 4; round++) {
      run();
      expect(r.toExit()).toBe(tookSync);
      expect([0, 1, 2, 3].map(n => r.x(n))).toEqual([3n, 3n, 3n, 3n]);
    }
    expect([hits(0, 3), hits(2, 0xc), hits(4, 3), hits(8, 3), hits(10, 0xc), hits(4, 0xf)]).toEqual([0, 2, 4, 8, 10, 4]);
    // The second halfword of an instruction, and a half that isn't asked for.
    expect([hits(6, 0xc), hits(2, 3)]).toEqual([undefined, 0]);
    set(r, 0n);
    run();
    expect(r.toExit()).toBe(tookSync);
    expect(r.x(3)).toBe(3n);
  });

  it('D2.12 software step: through an IT block, into A32, EX of load-exclusives', () => {
    const r = userRig(tier);
    // it eq; addeq r0, #1; ldrexb r1, [r6]; bx r8; A32: ldrex r1, [r6]; ldr r1, [r6]; svc 0
    const arm = put(r, CODE, { t32: [0xbf08, 0x3001, 0xe8d6, 0x1f4f, 0x4740, 0xbf00] });
    put(r, arm, { a32: [0xe1961f9f, 0xe5961000, 0xef000000] });
    const steps: readonly (readonly [offset: number, EX: boolean, ITSTATE: number])[] = [
      [2, false, 0x08], [4, false, 0], [8, true, 0], [12, false, 0], [16, true, 0], [20, false, 0],
    ];
    for (let round = 0; round < 3; round++) {
      set(r, SS);
      r.setX({ 0: 0, 6: DATA, 8: arm });
      r.state.ELR_EL1 = BigInt(CODE);
      r.state.SPSR_EL1 = 0x4000_0030n | SPSR_SS;
      for (const [offset, exclusive, ITSTATE] of steps) {
        r.enter(ERET, 0x200);
        expect(r.toExit()).toBe(tookSync);
        expect(r.state.ESR_EL1).toBe(STEP | ISV | (exclusive ? EX : 0n));
        expect(Number(r.state.ELR_EL1) - CODE).toBe(offset);
        expect(r.state.SPSR_EL1).toBe(0x4000_0010n | (offset < 12 ? 0x20n : 0n) | BigInt(((ITSTATE & 3) << 25) | ((ITSTATE >> 2) << 10)));
        r.state.SPSR_EL1 |= SPSR_SS;
      }
      expect(r.x(0)).toBe(1n);
      set(r, 0n);
    }
  });
});

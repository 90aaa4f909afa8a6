/**
 * A program that debugs itself: in each round its own breakpoint, its own watchpoint, two BRKs and five software steps, whose
 * syndromes and addresses go into a checksum.
 */
import { BASE } from './debug-run.ts';

export const ROUNDS = 60;
/** Of instructions, from BASE. */
export const at = { round: 0x30, watched: 0x64, load: 0x68, BRK7: 0x6c, steppedLoad: 0x78, LDXR: 0x84, sum: 0x8c } as const;
/** Of the program's data. */
export const DATA = 0x4012_0000;
export const STEPPED_DATA = DATA + 0x108;
const CHECKSUM = DATA + 0x10;
/** From a machine's RAM. */
export const CHECKSUM_OFFSET = CHECKSUM - 0x4000_0000;

/** From 0: assembled by GNU as. */
const code = [
  0x10004000, // 0: adr x0, 800 <vectors>
  0xd518c000, // 4: msr vbar_el1, x0
  0xd510109f, // 8: msr oslar_el1, xzr
  0xd2940000, // c: mov x0, #0xa000
  0xd5100240, // 10: msr mdscr_el1, x0
  0xd5033fdf, // 14: isb
  0xd50348ff, // 18: msr daifclr, #0x8
  0xd2a80259, // 1c: mov x25, #0x40120000
  0xd280001c, // 20: mov x28, #0x0
  0xd2800003, // 24: mov x3, #0x0
  0xd280079d, // 28: mov x29, #0x3c
  0xd28003f8, // 2c: mov x24, #0x1f
  0x100000e0, // 30: adr x0, 4c <target>
  0xd5100080, // 34: msr dbgbvr0_el1, x0
  0xd2803ce0, // 38: mov x0, #0x1e7
  0xd51000a0, // 3c: msr dbgbcr0_el1, x0
  0xd5033fdf, // 40: isb
  0xaa1d03e1, // 44: mov x1, x29
  0x91000421, // 48: add x1, x1, #0x1
  0x91000821, // 4c: add x1, x1, #0x2
  0x91040320, // 50: add x0, x25, #0x100
  0xd51000c0, // 54: msr dbgwvr0_el1, x0
  0xd283fee0, // 58: mov x0, #0x1ff7
  0xd51000e0, // 5c: msr dbgwcr0_el1, x0
  0xd5033fdf, // 60: isb
  0xf9008321, // 64: str x1, [x25, #256]
  0xf9408322, // 68: ldr x2, [x25, #256]
  0xd42000e0, // 6c: brk #0x7
  0xd4200040, // 70: brk #0x2
  0x91000463, // 74: add x3, x3, #0x1
  0xf9408724, // 78: ldr x4, [x25, #264]
  0x14000002, // 7c: b 84 <over>
  0xd503201f, // 80: nop
  0xc85f7f25, // 84: ldxr x5, [x25]
  0x91000463, // 88: add x3, x3, #0x1
  0x8b020063, // 8c: add x3, x3, x2
  0x9b180f9c, // 90: madd x28, x28, x24, x3
  0xf10007bd, // 94: subs x29, x29, #0x1
  0x54fffcc1, // 98: b.ne 30 <round>
  0xf9000b3c, // 9c: str x28, [x25, #16]
  0xd2a00200, // a0: mov x0, #0x100000
  0x528aaaa1, // a4: mov w1, #0x5555
  0xb9000001, // a8: str w1, [x0]
  0x14000000, // ac: b ac <over+0x28>
];
/** At 0xa00: synchronous exceptions from EL1 with its own stack. */
const handler = [
  0xd538520a, // a00: mrs x10, esr_el1
  0xd538402b, // a04: mrs x11, elr_el1
  0xd538400d, // a08: mrs x13, spsr_el1
  0x9b182b9c, // a0c: madd x28, x28, x24, x10
  0x9b182f9c, // a10: madd x28, x28, x24, x11
  0xd35afd4e, // a14: lsr x14, x10, #26
  0xf100c5df, // a18: cmp x14, #0x31
  0x54000240, // a1c: b.eq a64 <breakpoint>
  0xf100d5df, // a20: cmp x14, #0x35
  0x54000240, // a24: b.eq a6c <watchpoint>
  0xf100cddf, // a28: cmp x14, #0x33
  0x54000280, // a2c: b.eq a7c <step>
  0xf100f1df, // a30: cmp x14, #0x3c
  0x54000001, // a34: b.ne a34 <vectors+0x234>
  0x9100116b, // a38: add x11, x11, #0x4
  0xd518402b, // a3c: msr elr_el1, x11
  0x92403d4e, // a40: and x14, x10, #0xffff
  0xf10009df, // a44: cmp x14, #0x2
  0x54000281, // a48: b.ne a98 <back>
  0xd28000ba, // a4c: mov x26, #0x5
  0xd294002e, // a50: mov x14, #0xa001
  0xd510024e, // a54: msr mdscr_el1, x14
  0xb26b01ad, // a58: orr x13, x13, #0x200000
  0xd518400d, // a5c: msr spsr_el1, x13
  0xd69f03e0, // a60: eret
  0xd51000bf, // a64: msr dbgbcr0_el1, xzr
  0xd69f03e0, // a68: eret
  0xd538600c, // a6c: mrs x12, far_el1
  0x9b18339c, // a70: madd x28, x28, x24, x12
  0xd51000ff, // a74: msr dbgwcr0_el1, xzr
  0xd69f03e0, // a78: eret
  0xf100075a, // a7c: subs x26, x26, #0x1
  0x54000080, // a80: b.eq a90 <done>
  0xb26b01ad, // a84: orr x13, x13, #0x200000
  0xd518400d, // a88: msr spsr_el1, x13
  0xd69f03e0, // a8c: eret
  0xd294000e, // a90: mov x14, #0xa000
  0xd510024e, // a94: msr mdscr_el1, x14
  0xd69f03e0, // a98: eret
];

export const selfDebugging: readonly number[] = [...code, ...Array<number>(0x280 - code.length).fill(0), ...handler];

/** What the checksum has to be. */
export function expectedChecksum(): bigint {
  let sum = 0n;
  let x3 = 0n;
  const add = (...values: (bigint | number)[]): void => {
    for (const value of values) sum = BigInt.asUintN(64, sum * 31n + BigInt(value));
  };
  for (let left = ROUNDS; left > 0; left--) {
    add(0xc600_0022n, BASE + 0x4c);
    add(0xd600_0062n, BASE + at.watched, DATA + 0x100);
    add(0xf200_0007n, BASE + at.BRK7);
    add(0xf200_0002n, BASE + 0x70);
    for (const next of [0x78, 0x7c, 0x84, 0x88, 0x8c]) add(next === 0x88 ? 0xcf00_0062n : 0xcf00_0022n, BASE + next);
    x3 += 2n + BigInt(left + 3);
    add(x3);
  }
  return sum;
}

/**
 * A program for single steps: at EL0 it computes, and comes to exceptions of many kinds, which its handlers at EL1 return from; they
 * send software-generated interrupts and start the timer, and one of them takes interrupts and an abort itself. Goes round for ever.
 */
import { BASE } from '../machine/debug-run.ts';

const main = [
  0x10004000, // start: adr x0, vectors
  0xd518c000, // msr vbar_el1, x0
  0xd2a10001, // mov x1, #0x8000000
  0x52800042, // mov w2, #0x2
  0xb9000022, // str w2, [x1]
  0xd2a10161, // mov x1, #0x80b0000
  0x528000c2, // mov w2, #0x6
  0x72a10002, // movk w2, #0x800, lsl #16
  0xb9010022, // str w2, [x1, #256]
  0xd2801e02, // mov x2, #0xf0
  0xd5184602, // msr icc_pmr_el1, x2
  0xd2800022, // mov x2, #0x1
  0xd518cce2, // msr icc_igrpen1_el1, x2
  0xd2a00602, // mov x2, #0x300000
  0xd5181042, // msr cpacr_el1, x2
  0xd5033fdf, // isb
  0x10000080, // adr x0, user
  0xd5184020, // msr elr_el1, x0
  0xd518401f, // msr spsr_el1, xzr
  0xd69f03e0, // eret
  0x10007d8b, // user: adr x11, data
  0xd2a60013, // mov x19, #0x30000000
  0x9100054a, // loop: add x10, x10, #0x1
  0xcaca1d8c, // eor x12, x12, x10, ror #7
  0x9b0a358d, // madd x13, x12, x10, x13
  0xab0c01ae, // adds x14, x13, x12
  0x9a0e01ef, // adc x15, x15, x14
  0xa881356c, // stp x12, x13, [x11], #16
  0xf85f816e, // ldur x14, [x11, #-8]
  0xd100416b, // sub x11, x11, #0x10
  0x9e6201a0, // scvtf d0, x13
  0x1e602821, // fadd d1, d1, d0
  0x6e60dc22, // fmul v2.2d, v1.2d, v0.2d
  0xd4000021, // svc #0x1
  0x9a8c41d0, // csel x16, x14, x12, mi
  0xf8401170, // unaligned: ldur x16, [x11, #1]
  0x00000000, // undefined: udf #0
  0xd4000041, // svc #0x2
  0xf82a0171, // ldadd x10, x17, [x11]
  0xf9400271, // outside: ldr x17, [x19]
  0xd4000061, // svc #0x3
  0xd42000e0, // break: brk #0x7
  0xd538c012, // trapped: mrs x18, vbar_el1
  0x10000072, // adr x18, misaligned
  0x91000a52, // add x18, x18, #0x2
  0xd61f0240, // br x18
  0xd503201f, // misaligned: nop
  0xeb0f0231, // subs x17, x17, x15
  0x54fffcc4, // b.mi loop
  0x17ffffe5, // b loop
  0xd5385214, // handler: mrs x20, esr_el1
  0xd5384035, // mrs x21, elr_el1
  0xd35afe96, // lsr x22, x20, #26
  0xf10056df, // cmp x22, #0x15
  0x540000a0, // b.eq call
  0x927ef6b5, // and x21, x21, #0xfffffffffffffffc
  0x910012b5, // add x21, x21, #0x4
  0xd5184035, // msr elr_el1, x21
  0xd69f03e0, // eret
  0x92403e96, // call: and x22, x20, #0xffff
  0xf1000adf, // cmp x22, #0x2
  0x540001c3, // b.cc one
  0x54000220, // b.eq two
  0xd5384017, // mrs x23, spsr_el1
  0xd2800036, // mov x22, #0x1
  0xf2a04016, // movk x22, #0x200, lsl #16
  0xd518cbb6, // msr icc_sgi1r_el1, x22
  0xd5033fdf, // isb
  0xd50342ff, // msr daifclr, #0x2
  0xd503201f, // nop
  0xf840317a, // inner: ldur x26, [x11, #3]
  0xd50342df, // msr daifset, #0x2
  0xd5184035, // msr elr_el1, x21
  0xd5184017, // msr spsr_el1, x23
  0xd69f03e0, // eret
  0xd2800036, // one: mov x22, #0x1
  0xf2a02016, // movk x22, #0x100, lsl #16
  0xd518cbb6, // msr icc_sgi1r_el1, x22
  0xd69f03e0, // eret
  0xd51be35f, // two: msr cntv_cval_el0, xzr
  0xd2800036, // mov x22, #0x1
  0xd51be336, // msr cntv_ctl_el0, x22
  0xd69f03e0, // eret
  0xd538cc18, // irq: mrs x24, icc_iar1_el1
  0xf1006f1f, // cmp x24, #0x1b
  0x54000041, // b.ne irq+0x10
  0xd51be33f, // msr cntv_ctl_el0, xzr
  0xd518cc38, // msr icc_eoir1_el1, x24
  0x91000739, // add x25, x25, #0x1
  0xd69f03e0, // eret
];

/** At the distances of VBAR_EL1's table (DDI 0487, D1.3.1.5). */
const vectors: readonly (readonly [offset: number, words: readonly number[]])[] = [
  [0x200, [
    0xd538403b, // mrs x27, elr_el1
    0x9100137b, // add x27, x27, #0x4
    0xd518403b, // msr elr_el1, x27
    0xd69f03e0, // eret
  ]],
  [0x280, [0x17fffdb3]], // b irq
  [0x400, [0x17fffd32]], // b handler
  [0x480, [0x17fffd33]], // b irq
];

const VECTORS = 0x800;
const at = (offset: number): number => BASE + offset;

export const program: readonly number[] = (() => {
  const words = new Array<number>(VECTORS / 4 + 0x800 / 4).fill(0);
  main.forEach((word, n) => { words[n] = word; });
  for (const [offset, code] of vectors) code.forEach((word, n) => { words[(VECTORS + offset) / 4 + n] = word; });
  return words;
})();

/** Behind the program. */
export const DATA = at(4 * program.length);
/** The first instruction of what both interrupt vectors branch to. */
export const IRQ = at(0x14c);

/** Which instructions raise exceptions, each time, and the ESR_EL1 of each as the manual has it (D17.2.37): EC, IL, ISS. */
export const syndromes: ReadonlyMap<number, number> = new Map([
  [at(0x84), 0x5600_0001], // SVC, with its operand
  [at(0x94), 0x5600_0002],
  [at(0xa0), 0x5600_0003],
  [at(0x8c), 0x9200_0021], // data abort from EL0, alignment (the MMU is off: all is Device memory)
  [at(0x9c), 0x9200_0010], // data abort from EL0, external
  [at(0x118), 0x9600_0021], // data abort from EL1, alignment
  [at(0x90), 0x0200_0000], // unknown reason: UDF
  [at(0xa8), 0x0200_0000], // and a register of EL1 at EL0
  [at(0xa4), 0xf200_0007], // BRK, with its operand
  [at(0xb8) + 2, 0x8a00_0000], // PC alignment
]);

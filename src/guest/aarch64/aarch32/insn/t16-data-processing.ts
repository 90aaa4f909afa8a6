/**
 * T32 data processing of one halfword: ARM DDI 0487, F3.1.1 "Shift (immediate), add, subtract, move, and compare", "Data-processing
 * (two low registers)", "Special data instructions", and what adds to SP and PC. Most set the flags outside IT blocks only.
 */
import type { Builder, I32, Operand } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { t16 } from '../describe.ts';
import { inITBlock } from '../mode.ts';
import { reg, regs } from '../names.ts';
import { AlignedPC, ALUWritePC, PC, PCValue, R, RNumber, Rnot15, setNZ, setR, setRNumber, SP } from '../pseudocode.ts';
import { shiftByImmediate, shiftByRegister, type Shifted, unshifted } from '../shift.ts';
import { compute, type Operation, shiftMove } from './data-processing.ts';
import { lastOfIT } from './it-block.ts';

const setFlags = (b: Builder): number => (inITBlock(b) ? 0 : 1);
const into = (b: Builder, Rd: Operand, operation: Operation, x: I32, y: Shifted): void => setR(b, Rd, compute(b, operation, setFlags(b), x, y));
const addOrSub = (f: { sub: number }): 'add' | 'sub' => (f.sub ? 'sub' : 'add');

const MOV_shifted = 'MOV (shifted register)';
const shiftAddSubtract: readonly Insn[] = [
  t16(MOV_shifted, '000 type!2 imm5:5 Rm:3 Rd:3', {
    valid: f => f.type !== 3,
    asm: f => shiftMove({ ...f, S: 1 }).join('\t'),
    exec: (b, f) => into(b, f.Rd, 'mov', b.i32(0), shiftByImmediate(b, Rnot15(b, f.Rm), f.type, f.imm5)),
  }),
  t16('ADD, SUB (register)', '000110 sub!1 Rm:3 Rn:3 Rd:3', {
    overrides: [`T16 ${MOV_shifted}`],
    asm: f => `${addOrSub(f)}s\t${regs(f.Rd, f.Rn, f.Rm)}`,
    exec: (b, f) => into(b, f.Rd, addOrSub(f), Rnot15(b, f.Rn), unshifted(b, Rnot15(b, f.Rm))),
  }),
  t16('ADD, SUB (3-bit immediate)', '000111 sub!1 imm3:3 Rn:3 Rd:3', {
    overrides: [`T16 ${MOV_shifted}`],
    asm: f => `${addOrSub(f)}s\t${regs(f.Rd, f.Rn)}, #${f.imm3}`,
    exec: (b, f) => into(b, f.Rd, addOrSub(f), Rnot15(b, f.Rn), unshifted(b, b.operand(f.imm3))),
  }),
  t16('MOV (8-bit immediate)', '00100 Rd:3 imm8:8', {
    asm: f => `movs\t${reg(f.Rd)}, #${f.imm8}`,
    exec: (b, f) => into(b, f.Rd, 'mov', b.i32(0), unshifted(b, b.operand(f.imm8))),
  }),
  t16('CMP (8-bit immediate)', '00101 Rn:3 imm8:8', {
    asm: f => `cmp\t${reg(f.Rn)}, #${f.imm8}`,
    exec: (b, f) => void compute(b, 'cmp', 1, Rnot15(b, f.Rn), unshifted(b, b.operand(f.imm8))),
  }),
  t16('ADD, SUB (8-bit immediate)', '0011 sub!1 Rdn:3 imm8:8', {
    asm: f => `${addOrSub(f)}s\t${reg(f.Rdn)}, #${f.imm8}`,
    exec: (b, f) => into(b, f.Rdn, addOrSub(f), Rnot15(b, f.Rdn), unshifted(b, b.operand(f.imm8))),
  }),
];

const lowOperations = ['and', 'eor', 'lsl', 'lsr', 'asr', 'adc', 'sbc', 'ror', 'tst', 'rsb', 'cmp', 'cmn', 'orr', 'mul', 'bic', 'mvn'] as const;
const shiftTypes: Readonly<Record<string, number>> = { lsl: 0, lsr: 1, asr: 2, ror: 3 };

const LOW = t16('data processing (two low registers)', '010000 op!4 Rm:3 Rdn:3', {
  asm(f) {
    const operation = lowOperations[f.op as 0] as typeof lowOperations[number];
    if (operation === 'tst' || operation === 'cmp' || operation === 'cmn') return `${operation}\t${regs(f.Rdn, f.Rm)}`;
    return `${operation === 'rsb' ? 'neg' : operation}s\t${regs(f.Rdn, f.Rm)}`;
  },
  exec(b, f) {
    const operation = lowOperations[f.op as 0] as typeof lowOperations[number];
    const x = Rnot15(b, f.Rdn);
    const y = Rnot15(b, f.Rm);
    switch (operation) {
      case 'lsl': case 'lsr': case 'asr': case 'ror':
        return into(b, f.Rdn, 'mov', x, shiftByRegister(b, x, shiftTypes[operation] as number, y));
      case 'mul': {
        const product = b.mul(x, y);
        setR(b, f.Rdn, product);
        if (setFlags(b)) setNZ(b, product);
        return;
      }
      case 'tst': case 'cmp': case 'cmn': return void compute(b, operation, 1, x, unshifted(b, y));
      case 'rsb': return into(b, f.Rdn, 'rsb', y, unshifted(b, b.i32(0)));
      default: return into(b, f.Rdn, operation, x, unshifted(b, y));
    }
  },
});

/** The register that D and the three bits at the other end name. */
const wholeRd = (f: { D: number; Rd: number }): { d: number } => ({ d: (f.D << 3) | f.Rd });
const isPC = (f: { D: number; Rd: number }): boolean => wholeRd(f).d === PC;

// CONSTRAINED UNPREDICTABLE: ADD of PC to PC and CMP with the PC are UNDEFINED; CMP of two low registers compares.
const special: readonly Insn[] = [
  t16('ADD (high registers)', '01000100 D:1 Rm:4 Rd:3', {
    valid: f => !isPC(f),
    derive: wholeRd,
    asm: f => `add\t${regs(wholeRd(f).d, f.Rm)}`,
    exec: (b, f) => setR(b, f.d, b.add(Rnot15(b, f.d), R(b, f.Rm))),
  }),
  t16('ADD (high registers) to the PC', '01000100 1 Rm:4 111', {
    overrides: ['T16 ADD (high registers)'],
    valid: f => f.Rm !== PC,
    asm: f => `add\t${regs(PC, f.Rm)}`,
    exec: (b, f) => lastOfIT(b, () => ALUWritePC(b, b.add(R(b, f.Rm), PCValue(b)))),
  }),
  t16('CMP (high registers)', '01000101 D:1 Rm:4 Rd:3', {
    valid: f => !isPC(f) && f.Rm !== PC,
    derive: wholeRd,
    asm: f => `cmp\t${regs(wholeRd(f).d, f.Rm)}`,
    exec: (b, f) => void compute(b, 'cmp', 1, Rnot15(b, f.d), unshifted(b, Rnot15(b, f.Rm))),
  }),
  t16('MOV (high registers)', '01000110 D:1 Rm:4 Rd:3', {
    valid: f => !isPC(f),
    derive: wholeRd,
    // The NOP of before there was one.
    asm: f => (f.Rm === 8 && wholeRd(f).d === 8 ? 'nop' : `mov\t${regs(wholeRd(f).d, f.Rm)}`),
    exec: (b, f) => setR(b, f.d, R(b, f.Rm)),
  }),
  t16('MOV (high registers) to the PC', '01000110 1 Rm:4 111', {
    overrides: ['T16 MOV (high registers)'],
    asm: f => `mov\t${regs(PC, f.Rm)}`,
    exec: (b, f) => lastOfIT(b, () => ALUWritePC(b, R(b, f.Rm))),
  }),
];

const words = (f: { imm: number }): { imm32: number } => ({ imm32: f.imm * 4 });

const stackAndPC: readonly Insn[] = [
  t16('ADR', '10100 Rd:3 imm:8', {
    derive: words,
    asm: f => `add\t${regs(f.Rd, PC)}, #${f.imm * 4}`,
    exec: (b, f) => setR(b, f.Rd, b.add(AlignedPC(b), b.operand(f.imm32))),
  }),
  t16('ADD (SP plus immediate)', '10101 Rd:3 imm:8', {
    derive: words,
    asm: f => `add\t${regs(f.Rd, SP)}, #${f.imm * 4}`,
    exec: (b, f) => setR(b, f.Rd, b.add(RNumber(b, SP), b.operand(f.imm32))),
  }),
  t16('ADD, SUB (SP and immediate) to SP', '10110000 sub!1 imm:7', {
    derive: words,
    asm: f => `${addOrSub(f)}\tsp, #${f.imm * 4}`,
    exec(b, f) {
      const imm32 = b.operand(f.imm32);
      setRNumber(b, SP, f.sub ? b.sub(RNumber(b, SP), imm32) : b.add(RNumber(b, SP), imm32));
    },
  }),
];

export const t16DataProcessing: readonly Insn[] = [...shiftAddSubtract, LOW, ...special, ...stackAndPC];

/** How instructions are described, and everything that follows from the descriptions. */
export type { CpuEnv, GuestArch, GuestCpu, GuestExit, Translation } from './arch.ts';
export { engineState, GuestEvent } from './arch.ts';
export type { Builder, F32, F64, Float, I32, I64, Int, Operand, V128, Value } from './builder.ts';
export { decoder, OverlapError, type Decoder, type DecoderOptions } from './decode.ts';
export { disassemble } from './disassemble.ts';
export { Evaluator, type EvalMemory, type EvaluatorOptions } from './eval.ts';
export { modeCombinations, modeKey, randomWord } from './generate.ts';
export { defineHelper, type Helper } from './call.ts';
export { encode, extract, insn, type Insn } from './insn.ts';

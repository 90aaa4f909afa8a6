/** Signing and authenticating of pointers over a Builder: what lies in the CPU's tables is found without a call. */
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { defineHelper, type Helper } from '../../../isa/call.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { pacFail } from '../exception.ts';
import { staged } from '../mode.ts';
import { type KeyNumber, keyNames, type Operation, operations } from '../pauth/pauth.ts';
import { fields, REMEMBERED } from '../state.ts';

type Perform = Helper<readonly ['i64', 'i64'], 'i64'>;

const performs = Object.entries(operations).map(([name, operation]) =>
  keyNames.map((key, n) =>
    defineHelper(`${name} ${key}`, ['i64', 'i64'], 'i64', {}, (cpu: Arm64Cpu, pointer, modifier) =>
      cpu.pauth.perform(operation, n as KeyNumber, pointer, modifier),
    ),
  ),
);

/** Whether the key is disabled, or the result known; the one, and the other with where it is. */
function lookUp(b: Builder, operation: Operation, key: KeyNumber, pointer: I64, modifier: I64): [known: I32, disabled: I32, at: I32] {
  const context = b.getAt(fields.pacContext, b.i32(key));
  const disabled = b.eqz(context);
  const at = b.add(indexOf(b, pointer, modifier), b.i32(operation * REMEMBERED));
  const same = b.and(b.eq(b.getAt(fields.pacPointer, at), pointer), b.eq(b.getAt(fields.pacModifier, at), modifier));
  const found = b.and(same, b.eq(b.getAt(fields.pacEntry, at), context));
  return [b.or(found, disabled), disabled, at];
}

function perform(b: Builder, operation: Operation, key: KeyNumber, pointer: I64, modifier: I64): I64 {
  return b.fallback((performs[operation] as readonly Perform[])[key] as Perform, [pointer, modifier], () => {
    const [known, disabled, at] = lookUp(b, operation, key, pointer, modifier);
    return [known, b.select(disabled, pointer, b.getAt(fields.pacResult, at))];
  });
}

/** With FEAT_FPAC: what fails raises, and is never among what is known. */
const checks = keyNames.map((key, n) =>
  defineHelper(`check ${key}`, ['i64', 'i64'], 'void', { raises: true }, (cpu: Arm64Cpu, pointer, modifier) => {
    if (cpu.pauth.fails(n as KeyNumber, pointer, modifier)) throw pacFail(n);
  }),
);

/** As PointerAuthentication has it. */
function indexOf(b: Builder, pointer: I64, modifier: I64): I32 {
  const mixed = b.xor(b.shrU(b.wrap(pointer), b.i32(2)), b.shrU(b.wrap(modifier), b.i32(4)));
  return b.and(mixed, b.i32(REMEMBERED - 1));
}

export const AddPAC = (b: Builder, key: number, pointer: I64, modifier: I64): I64 =>
  perform(b, operations.add, key as KeyNumber, pointer, modifier);
/** `faults`: the features that make a failure an exception. */
function authenticate(b: Builder, faults: number, key: KeyNumber, pointer: I64, modifier: I64): I64 {
  if (b.mode & faults) {
    const [known] = lookUp(b, operations.authenticate, key, pointer, modifier);
    b.when(b.eqz(known), () => b.call(checks[key] as (typeof checks)[number], pointer, modifier));
  }
  return perform(b, operations.authenticate, key, pointer, modifier);
}
export const Auth = (b: Builder, key: number, pointer: I64, modifier: I64): I64 =>
  authenticate(b, staged.FPAC, key as KeyNumber, pointer, modifier);
/** By an instruction that goes on to use the pointer. */
export const AuthCombined = (b: Builder, key: number, pointer: I64, modifier: I64): I64 =>
  authenticate(b, staged.FPACCOMBINE, key as KeyNumber, pointer, modifier);

/** Bit 0: key B. */
export const instructionKey = (B: number): number => B;
export const dataKey = (B: number): number => 2 + B;
export const keyLetter = (B: number): string => (B ? 'b' : 'a');

/** Signing and authenticating of pointers over a Builder: what lies in the CPU's tables is found without a call. */
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { defineHelper, type Helper } from '../../../isa/call.ts';
import type { Arm64Cpu } from '../cpu.ts';
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

function perform(b: Builder, operation: Operation, key: KeyNumber, pointer: I64, modifier: I64): I64 {
  return b.fallback((performs[operation] as readonly Perform[])[key] as Perform, [pointer, modifier], () => {
    const context = b.getAt(fields.pacContext, b.i32(key));
    const disabled = b.eqz(context);
    const at = b.add(indexOf(b, pointer, modifier), b.i32(operation * REMEMBERED));
    const same = b.and(b.eq(b.getAt(fields.pacPointer, at), pointer), b.eq(b.getAt(fields.pacModifier, at), modifier));
    const found = b.and(same, b.eq(b.getAt(fields.pacEntry, at), context));
    return [b.or(found, disabled), b.select(disabled, pointer, b.getAt(fields.pacResult, at))];
  });
}

/** As PointerAuthentication has it. */
function indexOf(b: Builder, pointer: I64, modifier: I64): I32 {
  const mixed = b.xor(b.shrU(b.wrap(pointer), b.i32(2)), b.shrU(b.wrap(modifier), b.i32(4)));
  return b.and(mixed, b.i32(REMEMBERED - 1));
}

export const AddPAC = (b: Builder, key: number, pointer: I64, modifier: I64): I64 =>
  perform(b, operations.add, key as KeyNumber, pointer, modifier);
export const Auth = (b: Builder, key: number, pointer: I64, modifier: I64): I64 =>
  perform(b, operations.authenticate, key as KeyNumber, pointer, modifier);

/** Bit 0: key B. */
export const instructionKey = (B: number): number => B;
export const dataKey = (B: number): number => 2 + B;
export const keyLetter = (B: number): string => (B ? 'b' : 'a');

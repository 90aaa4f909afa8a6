/** What a cold block's records need besides their handlers, and the way into generated code. */
import { unitSignature, type MemoryImport } from '../wasm/module.ts';
import { I32, op, VOID } from '../wasm/opcodes.ts';
import { coldRecord, endRecord, exit, staticSlots, type StateOffsets } from './abi.ts';
import { Body, handlerSignature, leaveAt, nextRecord, pcAt, prelude, runBlock, startModule, type Prelude } from './prelude.ts';

/** (cpu): runs the block that `coldRecord` names; counts its heat where `heated`. */
function coldBody(at: StateOffsets, handlerType: number, heated: boolean): Body {
  const b = new Body();
  const [cpu, block, left] = [0, 1, 2];
  b.op(1, 2, I32);
  b.get(cpu); b.mem(op.i32Load, at.coldRecord); b.set(block);
  runBlock(b, at, handlerType, block, heated ? left : undefined);
  return b.end();
}

/** (cpu, record): the next instruction costs one of the budget, which may be used up. */
function countBody(at: StateOffsets, handlerType: number): Body {
  const b = new Body();
  const [cpu, record] = [0, 1];
  b.op(0);
  b.get(cpu); b.mem(op.i32Load, at.budgetLeft); b.op(op.i32Eqz); b.hint(false); b.op(op.if, VOID); leaveAt(b, at, record, coldRecord.pcOffset, exit.budget); b.op(op.end);
  b.get(cpu); b.get(cpu); b.mem(op.i32Load, at.budgetLeft); b.i32(1); b.op(op.i32Sub); b.mem(op.i32Store, at.budgetLeft);
  nextRecord(b, record, coldRecord.fields, handlerType);
  b.op(op.end);
  return b;
}

/** (cpu, record): the block is over; whatever is at the record's PC comes next. */
function endBody(at: StateOffsets): Body {
  const b = new Body();
  const [cpu, record, block] = [0, 1, 2];
  b.op(1, 1, I32);
  b.get(record); b.mem(op.i32Load, endRecord.link); b.tee(block);
  b.hint(true); b.op(op.if, VOID); b.get(cpu); b.get(block); b.withUleb(op.returnCall, prelude.block); b.op(op.end);
  b.get(cpu); pcAt(b, at, record, coldRecord.pcOffset); b.get(record); b.i32(endRecord.link); b.op(op.i32Add); b.withUleb(op.returnCall, prelude.lookupLink);
  return b.end();
}

/** (cpu, record): the block that begins with the record is gone; whatever is at its PC comes next. */
function staleBody(at: StateOffsets): Body {
  const b = new Body();
  b.op(0);
  b.get(0); pcAt(b, at, 1, coldRecord.pcOffset); b.withUleb(op.returnCall, prelude.lookup);
  return b.end();
}

/** The module that every CPU starts with: `enter(cpu)` at its PC, `step` for a cold block that no heat stops, and the static handlers. */
export function staticModule(memory: MemoryImport, at: StateOffsets, first: Prelude): Uint8Array<ArrayBuffer> {
  const { module, handlerType } = startModule(memory, first);
  const cold = module.addFunction(unitSignature, coldBody(at, handlerType, true));
  const step = module.addFunction(unitSignature, coldBody(at, handlerType, false));
  const count = module.addFunction(handlerSignature, countBody(at, handlerType));
  const end = module.addFunction(handlerSignature, endBody(at));
  const stale = module.addFunction(handlerSignature, staleBody(at));
  const enter = new Body();
  enter.op(0);
  enter.get(0); enter.get(0); enter.mem(op.i64Load, at.pc); enter.withUleb(op.returnCall, prelude.lookup);
  enter.op(op.end);
  module.exportFunction('step', step);
  module.exportFunction('enter', module.addFunction(unitSignature, enter));
  module.fillTable(staticSlots.cold, [cold, count, end, stale]);
  return module.encode();
}

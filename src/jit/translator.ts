/** From guest code to the bytes of a module: each entry becomes a unit, and units of the same module call each other. */
import type { GuestArch } from '../isa/arch.ts';
import { Bytes } from '../wasm/bytes.ts';
import { unitSignature } from '../wasm/module.ts';
import type { Unit } from './code-cache.ts';
import { codeKey, variant } from './key-map.ts';
import type { CodeSpace } from './code-space.ts';
import { Lowering } from './lower.ts';
import { FIRST_UNIT, startModule } from './prelude.ts';
import { Tracer } from './trace.ts';

/** A place to translate from: the page at arena address `page`, in a translation mode. */
export interface Entry {
  readonly key: number;
  readonly page: number;
  readonly offset: number;
  readonly mode: number;
  readonly counted: boolean;
}

export interface Translated {
  /** Valid until the next translation. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly units: Unit[];
  readonly instructions: number;
}

export class Translator {
  private readonly space: CodeSpace;
  private readonly tracer: Tracer;
  private readonly lowering: Lowering;
  private readonly code = new Bytes(1 << 16);
  private readonly out = new Bytes(1 << 16);

  constructor(arch: GuestArch, space: CodeSpace) {
    this.space = space;
    this.tracer = new Tracer(arch, space);
    this.lowering = new Lowering(space.offsets);
  }

  /**
   * A module that puts its units into the table from `slot` on. `cellOf` gives the arena address of a link cell.
   * `limit`: instructions in a unit at most.
   */
  translate(entries: readonly Entry[], slot: number, cellOf: (key: number) => number, limit: number): Translated {
    const { module, unitType } = startModule(this.space.memoryImport, this.space.prelude, this.code, this.out);
    const place = new Map(entries.map((e, i) => [e.key, i]));
    const links: [caller: number, callee: number][] = [];
    const units: Unit[] = [];
    const functions: number[] = [];
    let instructions = 0;
    entries.forEach(({ key, page, offset, mode, counted }, i) => {
      const keyOf = (target: number): number => codeKey(page, target, variant(mode, counted));
      const trace = this.tracer.record(page, offset, mode, limit);
      instructions += trace.instructions;
      const body = this.lowering.lowerUnit(this.tracer.ir, { ...trace, counted }, {
        unitType,
        unitInModule: target => {
          const callee = place.get(keyOf(target));
          if (callee === undefined) return -1;
          links.push([i, callee]);
          return FIRST_UNIT + callee;
        },
        cell: target => cellOf(keyOf(target)),
      });
      functions.push(module.addFunction(unitSignature, body));
      units.push({ key, page, offset, slot: slot + i, coverLow: trace.coverLow, coverHigh: trace.coverHigh, callers: [], live: true, batch: undefined });
    });
    for (const [caller, callee] of links) units[callee]!.callers.push(units[caller]!);
    module.fillTable(slot, functions);
    return { bytes: module.encode(), units, instructions };
  }
}

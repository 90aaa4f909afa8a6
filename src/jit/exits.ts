/** Where a unit begins and where it leaves: the request word, the budget, links to other units, exits with a code. */
import { NONE, type Site } from '../ir/graph.ts';
import { pseudo } from '../ir/ops.ts';
import type { Tally } from '../ir/tally.ts';
import { I32, op } from '../wasm/opcodes.ts';
import { coldRecord, exit } from './abi.ts';
import { LoopEmitter } from './loops.ts';
import { prelude } from './prelude.ts';

/** Where a unit's exits lead. */
export interface Linking {
  /** Function index, in the same module, of the unit that begins at this offset of the same page; -1 where there is none. */
  unitInModule(offset: number): number;
  /** Arena address of the cell that holds that unit's table slot once there is one. */
  cell(offset: number): number;
  /** Index of the type (cpu) → code. */
  readonly unitType: number;
}

export interface UnitShape {
  readonly entryOffset: number;
  readonly instructions: number;
  readonly loops: boolean;
  /** Instructions are counted against the budget. */
  readonly counted: boolean;
}

export abstract class ExitEmitter extends LoopEmitter {
  /** Undefined while a handler of the cold tier is lowered. */
  protected unit: UnitShape | undefined;
  private tally: Tally | undefined;
  private linking: Linking | undefined;
  private scratch = NONE;

  protected startExits(unit: UnitShape | undefined, tally: Tally | undefined, linking?: Linking): void {
    this.unit = unit;
    this.tally = tally;
    this.linking = linking;
    this.scratch = NONE;
  }

  protected prologue(): void {
    const unit = this.unit!;
    this.cpu();
    this.memory(op.i32Load, this.at.request);
    this.unlikely();
    this.ifThen(() => this.leaveAtEntry(exit.request));
    if (!unit.counted) return;
    this.cpu();
    this.memory(op.i32Load, this.at.budgetLeft);
    this.constI32(unit.instructions);
    this.op(op.i32LtU);
    this.unlikely();
    this.ifThen(() => this.leaveAtEntry(exit.budget));
    this.addToBudget(-unit.instructions);
  }

  private addToBudget(n: number): void {
    if (n === 0) return;
    this.cpu();
    this.cpu();
    this.memory(op.i32Load, this.at.budgetLeft);
    this.constI32(n);
    this.op(op.i32Add);
    this.memory(op.i32Store, this.at.budgetLeft);
  }

  private leaveAtEntry(code: number): void {
    this.storeCarried();
    this.leaveAt(this.unit!.entryOffset, code);
  }

  private leaveAt(offset: number, code: number): void {
    this.cpu();
    this.constI32(offset);
    this.constI32(code);
    this.code.withUleb(op.returnCall, prelude.leave);
  }

  protected leave(n: number, o: number): void {
    const { g } = this;
    const site = g.sites[g.hi[n]!]!;
    switch (o) {
      case pseudo.exitLink: return this.leaveTo(g.lo[n]!, site);
      case pseudo.exitLookup: {
        this.writeBack(site);
        this.giveBack(site.index + 1);
        return this.lookUp(g.b[n]!, g.lo[n]!);
      }
      case pseudo.exitCode:
        this.writeBack(site);
        this.giveBack(site.index);
        return this.leaveAtSite(site, g.lo[n]!);
      default:
        if (!this.unit!.loops) return this.leaveTo(g.lo[n]!, site);
        this.giveBack(site.index + 1);
        this.nextIteration(site);
    }
  }

  /** Goes to wherever `target` is: in a handler first by the link at offset `link` of the record. */
  private lookUp(target: number, link: number): void {
    if (link !== 0) {
      if (this.scratch === NONE) this.scratch = this.newLocal(I32);
      this.getLocal(1);
      this.memory(op.i32Load, link);
      this.teeLocal(this.scratch);
      this.likely();
      this.ifThen(() => {
        this.cpu();
        this.getLocal(this.scratch);
        this.code.withUleb(op.returnCall, prelude.block);
      });
    }
    this.cpu();
    this.value(target);
    if (link === 0) return this.code.withUleb(op.returnCall, prelude.lookup);
    this.getLocal(1);
    this.constI32(link);
    this.op(op.i32Add);
    this.code.withUleb(op.returnCall, prelude.lookupLink);
  }

  protected leaveRaised(siteNumber: number): void {
    const site = this.g.sites[siteNumber]!;
    this.writeBack(site);
    this.giveBack(site.index);
    this.leaveAtSite(site, exit.raised);
  }

  /** A handler's offset is in its record. */
  private leaveAtSite(site: Site, code: number): void {
    if (this.unit !== undefined) return this.leaveAt(site.pcOffset, code);
    this.cpu();
    this.getLocal(1);
    this.memory(op.i32Load, coldRecord.pcOffset);
    this.constI32(code);
    this.code.withUleb(op.returnCall, prelude.leave);
  }

  /** The unit's whole length was taken from the budget; what was not executed goes back. A handler is one instruction, counted or not. */
  private giveBack(executed: number): void {
    const { unit } = this;
    if (unit === undefined) this.addToBudget(1 - executed);
    else if (unit.counted) this.addToBudget(unit.instructions - executed);
    this.addToTally(executed);
  }

  /** Where the tally is kept: adds what the first `executed` instructions did. */
  protected addToTally(executed: number): void {
    this.tally?.upTo(executed).forEach((n, what) => {
      if (n === 0) return;
      const at = this.at.tally + 8 * what;
      this.cpu();
      this.cpu();
      this.memory(op.i64Load, at);
      this.constI64(n, 0);
      this.op(op.i64Add);
      this.memory(op.i64Store, at);
    });
  }

  private leaveTo(offset: number, site: Site): void {
    this.writeBack(site);
    this.giveBack(site.index + 1);
    const linking = this.linking!;
    const inModule = linking.unitInModule(offset);
    if (inModule >= 0) {
      this.cpu();
      this.code.withUleb(op.returnCall, inModule);
      return;
    }
    if (this.scratch === NONE) this.scratch = this.newLocal(I32);
    this.constI32(0);
    this.memory(op.i32Load, linking.cell(offset));
    this.teeLocal(this.scratch);
    this.likely();
    this.ifThen(() => {
      this.cpu();
      this.getLocal(this.scratch);
      this.code.withUleb(op.returnCallIndirect, linking.unitType);
      this.code.u8(0);
    });
    this.cpu();
    this.constI32(offset);
    this.code.withUleb(op.returnCall, prelude.go);
  }
}

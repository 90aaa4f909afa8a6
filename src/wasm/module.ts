/** A WebAssembly module, assembled section by section. Knows neither IR nor guests. */
import { Bytes } from './bytes.ts';
import type { Code } from './code.ts';
import { FUNCREF, I32, op } from './opcodes.ts';

export interface Signature {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

export interface MemoryImport { readonly pages: number; readonly shared: boolean }

/** Functions are numbered imports first, in the order in which they are added. */
export class ModuleBuilder {
  private readonly types: Signature[] = [];
  private readonly imports: { name: string; type: number }[] = [];
  private readonly functions: number[] = [];
  /** Bodies, each with its length before it. */
  private readonly code: Bytes;
  private readonly out: Bytes;
  /** Hints by function. */
  private readonly hints = new Bytes(4096);
  private hinted = 0;
  private readonly exports: { name: string; index: number }[] = [];
  private readonly memory: MemoryImport;
  private tableStart = -1;
  private tableFunctions: readonly number[] = [];

  /** `code`: where bodies are gathered, `out`: where the module is put together; whoever makes many gives the same again. */
  constructor(memory: MemoryImport, code: Bytes = new Bytes(), out: Bytes = new Bytes()) {
    this.memory = memory;
    this.code = code;
    this.out = out;
    code.reset();
    out.reset();
  }

  type(signature: Signature): number {
    const same = (x: readonly number[], y: readonly number[]): boolean => x.length === y.length && x.every((t, i) => t === y[i]);
    const known = this.types.findIndex(t => same(t.params, signature.params) && same(t.results, signature.results));
    return known >= 0 ? known : this.types.push(signature) - 1;
  }

  /** Imports `env.<name>`; all imports come before the first function. */
  importFunction(name: string, signature: Signature): number {
    if (this.functions.length > 0) throw new Error('imports come before functions');
    return this.imports.push({ name, type: this.type(signature) }) - 1;
  }

  /** `body`: local declarations, code, and the final `end`; it is copied. */
  addFunction(signature: Signature, body: Code): number {
    this.functions.push(this.type(signature));
    this.code.block(body);
    const index = this.imports.length + this.functions.length - 1;
    if (body.hinted) this.addHints(index, body.hints);
    return index;
  }

  private addHints(index: number, hints: Uint32Array): void {
    this.hinted++;
    this.hints.uleb(index);
    this.hints.uleb(hints.length);
    for (let i = 0; i < hints.length; i++) {
      const hint = hints[i]!;
      this.hints.uleb(hint >>> 1);
      this.hints.u8(1);
      this.hints.u8(hint & 1);
    }
  }

  exportFunction(name: string, index: number): void { this.exports.push({ name, index }); }

  /** Puts functions into the imported table from slot `start` on, when the module is instantiated. */
  fillTable(start: number, functions: readonly number[]): void {
    this.tableStart = start;
    this.tableFunctions = functions;
  }

  /** The module imports its memory as `env.memory` and its table as `env.table`. Valid until `out` is used again. */
  encode(): Uint8Array<ArrayBuffer> {
    const { out } = this;
    for (const b of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.u8(b);
    const section = (id: number, count: number, write: (s: Bytes) => void): void => {
      if (count === 0) return;
      const s = new Bytes(256);
      s.uleb(count);
      write(s);
      out.u8(id);
      out.block(s);
    };
    section(1, this.types.length, s => {
      for (const t of this.types) {
        s.u8(0x60);
        for (const list of [t.params, t.results]) { s.uleb(list.length); for (const v of list) s.u8(v); }
      }
    });
    section(2, this.imports.length + 2, s => {
      s.name('env'); s.name('memory'); s.u8(2); s.u8(this.memory.shared ? 3 : 1); s.uleb(this.memory.pages); s.uleb(this.memory.pages);
      s.name('env'); s.name('table'); s.u8(1); s.u8(FUNCREF); s.u8(0); s.uleb(1);
      for (const f of this.imports) { s.name('env'); s.name(f.name); s.u8(0); s.uleb(f.type); }
    });
    section(3, this.functions.length, s => { for (const type of this.functions) s.uleb(type); });
    section(7, this.exports.length, s => { for (const e of this.exports) { s.name(e.name); s.u8(0); s.uleb(e.index); } });
    section(9, this.tableStart < 0 ? 0 : 1, s => {
      s.u8(0); s.u8(op.i32Const); s.sleb(this.tableStart); s.u8(op.end);
      s.uleb(this.tableFunctions.length);
      for (const f of this.tableFunctions) s.uleb(f);
    });
    if (this.hinted > 0) {
      const head = new Bytes(32);
      head.name('metadata.code.branch_hint');
      head.uleb(this.hinted);
      out.u8(0);
      out.uleb(head.length + this.hints.length);
      out.bytes(head);
      out.bytes(this.hints);
    }
    if (this.functions.length > 0) {
      const count = new Bytes(8);
      count.uleb(this.functions.length);
      out.u8(10);
      out.uleb(count.length + this.code.length);
      out.bytes(count);
      out.bytes(this.code);
    }
    return out.view();
  }
}

/** `(cpu: i32) → i32`: what every unit of code looks like. */
export const unitSignature: Signature = { params: [I32], results: [I32] };

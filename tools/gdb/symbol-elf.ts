/** An ELF file of symbols alone, for a debugger that has no vmlinux: sections without contents, functions with their sizes. */
import type { KernelSymbol } from './kallsyms.ts';

const [HEADER, SECTION, SYMBOL] = [64, 64, 24];
const ET_EXEC = 2, EM_AARCH64 = 183;
const SHT_SYMTAB = 2, SHT_STRTAB = 3, SHT_NOBITS = 8;
const SHF_ALLOC_EXECINSTR = 6n;
const STB_GLOBAL = 1, STT_FUNC = 2, STT_OBJECT = 1;
/** What follows the last symbol of its kind is taken to be this long. */
const LAST = 0x1000n;

/** Text symbols become functions, others objects. */
export function symbolElf(symbols: readonly KernelSymbol[]): Uint8Array {
  const sorted = [...symbols].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  const isText = ({ kind }: KernelSymbol): boolean => /[tTwW]/.test(kind);
  const text = sorted.filter(isText);
  const first = text[0]!.address;
  const end = text.at(-1)!.address + LAST;
  const strings = new Strings();
  const table = new DataView(new ArrayBuffer(SYMBOL * (sorted.length + 1)));
  sorted.forEach((symbol, i) => {
    const next = sorted.slice(i + 1, i + 64).find(s => s.address > symbol.address);
    const at = SYMBOL * (i + 1);
    table.setUint32(at, strings.add(symbol.name), true);
    table.setUint8(at + 4, STB_GLOBAL << 4 | (isText(symbol) ? STT_FUNC : STT_OBJECT));
    table.setUint16(at + 6, 1, true);
    table.setBigUint64(at + 8, symbol.address, true);
    table.setBigUint64(at + 16, (next?.address ?? symbol.address + LAST) - symbol.address, true);
  });
  const names = new Strings();
  const [textName, symtabName, strtabName, shstrtabName] = ['.text', '.symtab', '.strtab', '.shstrtab'].map(name => names.add(name));
  const symtab = new Uint8Array(table.buffer), strtab = strings.bytes, shstrtab = names.bytes;
  const places = [HEADER, HEADER + symtab.length, HEADER + symtab.length + strtab.length];
  const sections = (places[2]! + shstrtab.length + 7) & ~7;
  const file = new Uint8Array(sections + 5 * SECTION);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  [ET_EXEC, EM_AARCH64].forEach((value, i) => { view.setUint16(16 + 2 * i, value, true); });
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(sections), true);
  [HEADER, 0, 0, SECTION, 5, 4].forEach((value, i) => { view.setUint16(52 + 2 * i, value, true); });
  [symtab, strtab, shstrtab].forEach((bytes, i) => { file.set(bytes, places[i]); });
  const section = (n: number, name: number, type: number, more: { flags?: bigint; address?: bigint; at: number; size: bigint; link?: number; info?: number; entry?: number }): void => {
    const at = sections + n * SECTION;
    view.setUint32(at, name, true);
    view.setUint32(at + 4, type, true);
    [more.flags ?? 0n, more.address ?? 0n, BigInt(more.at), more.size].forEach((value, i) => { view.setBigUint64(at + 8 + 8 * i, value, true); });
    view.setUint32(at + 40, more.link ?? 0, true);
    view.setUint32(at + 44, more.info ?? 0, true);
    view.setBigUint64(at + 48, 8n, true);
    view.setBigUint64(at + 56, BigInt(more.entry ?? 0), true);
  };
  section(1, textName!, SHT_NOBITS, { flags: SHF_ALLOC_EXECINSTR, address: first, at: HEADER, size: end - first });
  section(2, symtabName!, SHT_SYMTAB, { at: places[0]!, size: BigInt(symtab.length), link: 3, info: 1, entry: SYMBOL });
  section(3, strtabName!, SHT_STRTAB, { at: places[1]!, size: BigInt(strtab.length) });
  section(4, shstrtabName!, SHT_STRTAB, { at: places[2]!, size: BigInt(shstrtab.length) });
  return file;
}

/** A string table. */
class Strings {
  private readonly parts: Uint8Array[] = [Uint8Array.of(0)];
  private length = 1;

  add(text: string): number {
    const at = this.length;
    const bytes = new TextEncoder().encode(`${text}\0`);
    this.parts.push(bytes);
    this.length += bytes.length;
    return at;
  }

  get bytes(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

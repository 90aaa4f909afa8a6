/**
 * The bytes that a symbol of a shared library names (System V ABI, ELF-64 object file format: section headers, symbol
 * table). Only what is needed to take a kernel out of the library that some packages wrap it in.
 */
import { TesseraError } from '../../../base/errors.ts';

const SHT_PROGBITS = 1;
const SHT_DYNSYM = 11;
const SECTION_HEADER = 64;
const SYMBOL = 24;

export function elfSymbol(file: Uint8Array, wanted: string): Uint8Array {
  const elf = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (elf.length < 64 || elf.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') throw new TesseraError('not a little-endian ELF-64 file');
  const at64 = (at: number): number => Number(elf.readBigUInt64LE(at));
  const table = at64(0x28);
  const sections = Array.from({ length: elf.readUInt16LE(0x3c) }, (_, i) => {
    const at = table + i * SECTION_HEADER;
    return { type: elf.readUInt32LE(at + 4), address: at64(at + 16), offset: at64(at + 24), size: at64(at + 32), link: elf.readUInt32LE(at + 40) };
  });
  const symbols = sections.find(section => section.type === SHT_DYNSYM);
  const names = symbols && sections[symbols.link];
  if (!symbols || !names) throw new TesseraError('the library has no dynamic symbols');
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += SYMBOL) {
    const start = names.offset + elf.readUInt32LE(at);
    if (elf.toString('latin1', start, elf.indexOf(0, start)) !== wanted) continue;
    const value = at64(at + 8);
    const section = sections.find(s => s.type === SHT_PROGBITS && s.address <= value && value < s.address + s.size);
    if (!section) break;
    const offset = section.offset + value - section.address;
    return elf.subarray(offset, offset + at64(at + 16));
  }
  throw new TesseraError(`the library has no symbol ${wanted}`);
}

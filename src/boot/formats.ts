/** What a file that was given as a kernel really is, by its first bytes, to say so in one line. */

const starts = (data: Uint8Array, at: number, bytes: readonly number[]): boolean => bytes.every((b, i) => data[at + i] === b);
const ascii = (text: string): number[] => [...text].map(c => c.charCodeAt(0));

const known: readonly (readonly [string, (data: Uint8Array) => boolean])[] = [
  ['a JPEG picture', d => starts(d, 0, [0xff, 0xd8, 0xff])],
  ['a PNG picture', d => starts(d, 0, [0x89, ...ascii('PNG')])],
  ['a GIF picture', d => starts(d, 0, ascii('GIF8'))],
  ['a PDF document', d => starts(d, 0, ascii('%PDF'))],
  ['a kernel for x86 (bzImage)', d => starts(d, 0x1fe, [0x55, 0xaa]) && starts(d, 0x202, ascii('HdrS'))],
  ['a kernel for 32-bit ARM (zImage)', d => starts(d, 0x24, [0x18, 0x28, 0x6f, 0x01])],
  ['a kernel for RISC-V', d => starts(d, 0x38, ascii('RSC\x05'))],
  ['a U-Boot image (uImage); extract the kernel from it', d => starts(d, 0, [0x27, 0x05, 0x19, 0x56])],
  ['a device tree', d => starts(d, 0, [0xd0, 0x0d, 0xfe, 0xed])],
  ['packed with xz; unpack it first', d => starts(d, 0, [0xfd, ...ascii('7zXZ'), 0])],
  ['packed with zstd; unpack it first', d => starts(d, 0, [0x28, 0xb5, 0x2f, 0xfd])],
  ['packed with bzip2; unpack it first', d => starts(d, 0, ascii('BZh'))],
  ['packed with LZ4; unpack it first', d => starts(d, 0, [0x02, 0x21, 0x4c, 0x18]) || starts(d, 0, [0x04, 0x22, 0x4d, 0x18])],
  ['a zip archive', d => starts(d, 0, [...ascii('PK'), 3, 4])],
  ['a tar archive', d => starts(d, 257, ascii('ustar'))],
  ['a cpio archive, which belongs to -initrd', d => starts(d, 0, ascii('07070'))],
  ['a Debian package', d => starts(d, 0, ascii('!<arch>'))],
  ['a disk image (QCOW2)', d => starts(d, 0, [...ascii('QFI'), 0xfb])],
  ['a CD image', d => starts(d, 0x8001, ascii('CD001'))],
  ['a Windows or EFI program', d => starts(d, 0, ascii('MZ')) && !starts(d, 56, ascii('ARM\x64'))],
  ['a text file', isText],
];

function isText(data: Uint8Array): boolean {
  const head = data.subarray(0, 4096);
  return head.length > 0 && head.every(b => (b >= 0x20 && b !== 0x7f) || (b >= 9 && b <= 13));
}

/** A noun for what the file is known to be, or undefined where it may well be a program. */
export function knownFormat(data: Uint8Array): string | undefined {
  return known.find(([, matches]) => matches(data))?.[0];
}

export const isGzip = (data: Uint8Array): boolean => starts(data, 0, [0x1f, 0x8b]);
export const isElf = (data: Uint8Array): boolean => starts(data, 0, [0x7f, ...ascii('ELF')]);
export const isArm64Image = (data: Uint8Array): boolean => data.length >= 64 && starts(data, 56, ascii('ARM\x64'));
/** An EFI program that unpacks the kernel it carries (Linux, drivers/firmware/efi/libstub/zboot-header.S). */
export const isEfiZboot = (data: Uint8Array): boolean => starts(data, 0, ascii('MZ')) && starts(data, 4, ascii('zimg'));

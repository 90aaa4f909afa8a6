/** Fields of the status registers, which GDB shows by name (ARM DDI 0487, C5.2: PSTATE as SPSR has it, FPSR, FPCR). */

type Field = readonly [name: string, low: number, high?: number];

const flags = (id: string, fields: readonly Field[]): string => {
  const rows = fields.map(([name, low, high = low]) => `<field name="${name}" start="${low}" end="${high}"/>\n`);
  return `<flags id="${id}" size="4">\n${rows.join('')}</flags>\n`;
};

export const cpsrFlags = flags('cpsr_flags', [
  ['SP', 0], ['EL', 2, 3], ['nRW', 4], ['F', 6], ['I', 7], ['A', 8], ['D', 9], ['BTYPE', 10, 11], ['SSBS', 12], ['IL', 20], ['SS', 21],
  ['PAN', 22], ['UAO', 23], ['DIT', 24], ['TCO', 25], ['V', 28], ['C', 29], ['Z', 30], ['N', 31],
]);

export const fpsrFlags = flags('fpsr_flags', [
  ['IOC', 0], ['DZC', 1], ['OFC', 2], ['UFC', 3], ['IXC', 4], ['IDC', 7], ['QC', 27],
]);

export const fpcrFlags = flags('fpcr_flags', [
  ['FIZ', 0], ['AH', 1], ['NEP', 2], ['IOE', 8], ['DZE', 9], ['OFE', 10], ['UFE', 11], ['IXE', 12], ['IDE', 15], ['FZ16', 19], ['RMode', 22, 23],
  ['FZ', 24], ['DN', 25], ['AHP', 26],
]);

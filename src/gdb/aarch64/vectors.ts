/** The types of a vector register: every way to see its 128 bits as lanes, so that `p $v0.s.u` works (GDB's names). */

/** By the lane's letter: its bits, and GDB's types of one. */
const lanes = [
  ['d', 64, { f: 'ieee_double', u: 'uint64', s: 'int64' }],
  ['s', 32, { f: 'ieee_single', u: 'uint32', s: 'int32' }],
  ['h', 16, { f: 'ieee_half', u: 'uint16', s: 'int16' }],
  ['b', 8, { u: 'uint8', s: 'int8' }],
  ['q', 128, { u: 'uint128', s: 'int128' }],
] as const;

const VECTOR = 128;
const element = (lane: string, kind: string): string => `v${lane}${kind}`;
const union = (lane: string): string => `vn${lane}`;

/** The type of a whole register. */
export const VECTOR_TYPE = 'aarch64v';

export const vectorTypes: string = [
  ...lanes.flatMap(([lane, bits, kinds]) => [
    ...Object.entries(kinds).map(([kind, type]) => `<vector id="${element(lane, kind)}" type="${type}" count="${VECTOR / bits}"/>\n`),
    `<union id="${union(lane)}">\n${Object.keys(kinds).map(kind => `<field name="${kind}" type="${element(lane, kind)}"/>\n`).join('')}</union>\n`,
  ]),
  `<union id="${VECTOR_TYPE}">\n${lanes.map(([lane]) => `<field name="${lane}" type="${union(lane)}"/>\n`).join('')}</union>\n`,
].join('');

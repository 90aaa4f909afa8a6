/** Keys of pointer authentication: ARM DDI 0487, D17.2 (APIAKeyHi_EL1 and its like). */
import { register, type SystemRegister } from './register.ts';

/** CRm and the first op2 of each key, in the order of the state's. */
const keys = [
  ['APIA', 1, 0],
  ['APIB', 1, 2],
  ['APDA', 2, 0],
  ['APDB', 2, 2],
  ['APGA', 3, 0],
] as const;

const halves = ['APKeyLow', 'APKeyHigh'] as const;

export const pointerAuthenticationKeys: readonly SystemRegister[] = keys.flatMap(([name, CRm, op2], n) =>
  halves.map((half, high) =>
    register(`${name}Key${high ? 'Hi' : 'Lo'}_EL1`, [3, 0, 2, CRm, op2 + high], {
      feature: 'PAuth',
      read: cpu => cpu.state[half][n] as bigint,
      write: (cpu, value) => {
        cpu.state[half][n] = value;
        cpu.pauth.changed();
      },
      reset: cpu => {
        cpu.state[half][n] = 0n;
      },
    }),
  ),
);

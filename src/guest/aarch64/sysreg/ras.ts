/**
 * Reliability, availability and serviceability: ARM DDI 0487, D17.6. Nothing breaks here, so that there are no error records,
 * and with none of them the registers to select and read one are UNDEFINED. SError is deferred by ESB.
 */
import { constant, stored, type SystemRegister } from './register.ts';

/** A, IDS and ISS. */
const DISR_mask = 0x81ff_ffffn;

export const errorRecords: readonly SystemRegister[] = [
  constant('ERRIDR_EL1', [3, 0, 5, 3, 0], 0n, { feature: 'RAS' }),
  stored('DISR_EL1', [3, 0, 12, 1, 1], { feature: 'RAS', mask: DISR_mask }),
];

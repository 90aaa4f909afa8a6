/** Answers that aren't data: errors have Linux's numbers, in two hexadecimal digits; an empty one says that the packet isn't known. */
export const ERROR = { failed: 'E01', missing: 'E02', fault: 'E0e', invalid: 'E16', full: 'E1c', unsupported: '' } as const;

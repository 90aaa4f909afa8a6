/* Arithmetic in registers: shifts, multiplies, and a branch that depends on the data. */
#include <stdint.h>

uint64_t integer(void) {
  uint64_t x = 88172645463325252u, sum = 0;
  for (uint32_t i = 0; i < 200000000; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    if (x & 4) sum += x * 6364136223846793005u;
    else sum ^= x >> 3;
  }
  return sum;
}

/* Streaming through 6 MiB: two reads and a write an element. */
#include <stdint.h>
#include <stdlib.h>

enum { COUNT = 1 << 18, ROUNDS = 1500 };

uint64_t stream(void) {
  volatile uint64_t scale = 3;
  uint64_t *a = malloc(COUNT * 8), *b = malloc(COUNT * 8), *c = malloc(COUNT * 8), sum = 0;
  for (int i = 0; i < COUNT; i++) b[i] = i, c[i] = i * 7u;
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t k = scale + round;
    for (int i = 0; i < COUNT; i++) a[i] = b[i] + k * c[i];
    sum += a[round * 17 % COUNT];
  }
  free(a);
  free(b);
  free(c);
  return sum;
}

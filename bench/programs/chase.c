/* Loads that each give the next one's address, in an order that no prefetcher knows, over 4 MiB. */
#include <stdint.h>
#include <stdlib.h>

enum { COUNT = 1 << 19, STEPS = 20000000 };

uint64_t chase(void) {
  void **ring = malloc(COUNT * sizeof *ring);
  uint32_t *order = malloc(COUNT * sizeof *order);
  uint64_t x = 1;
  for (uint32_t i = 0; i < COUNT; i++) order[i] = i;
  for (uint32_t i = COUNT - 1; i > 0; i--) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    uint32_t j = (x >> 33) % (i + 1), t = order[i];
    order[i] = order[j];
    order[j] = t;
  }
  for (uint32_t i = 0; i < COUNT; i++) ring[order[i]] = &ring[order[(i + 1) % COUNT]];
  void **at = ring;
  for (uint32_t i = 0; i < STEPS; i++) at = *at;
  uint64_t result = (uint64_t)(at - ring);
  free(ring);
  free(order);
  return result;
}

/*
 * fuzz: inputs that nobody wrote on purpose. Each fuzz_NAME.c has one entry, which takes any bytes
 * and must neither crash, hang, leak nor read what is not its own. `./build.sh fuzz` lets libFuzzer
 * look for such bytes; the unit suite runs every seed, cut off and changed in thousands of places
 * (replay.c).
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

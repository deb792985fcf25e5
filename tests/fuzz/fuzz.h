/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_FUZZ_H
#define HOPTHU_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls; main.c calls it for every file of a corpus when there is no libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_SCRAM_HEADER_H
#define HOPTHU_SCRAM_HEADER_H

#include <stdbool.h>

/* The value of an Authorization header, taken apart (RFC 7804 section 3, RFC 9110 section 11.4). */
#define SCRAM_MECHANISM "SCRAM-SHA-256"
#define SCRAM_SID 32
#define SCRAM_DATA 2048 /* of one message; a name of 255 bytes and nonces need far less */

struct scram_message {
	char sid[SCRAM_SID + 1]; /* "" in the first step */
	char data[SCRAM_DATA];   /* decoded */
	unsigned len;
	bool has_sid, has_data;
};

/* -1: it is not of this mechanism, or not well-formed. */
int scram_header_read(const char *text, struct scram_message *m);
#endif

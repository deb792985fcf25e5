/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "tests/fuzz/fuzz.h"

#ifndef SRCDIR
#define SRCDIR "."
#endif

/*
 * Replays a corpus, so that what a fuzzer once found stays found in every `make check`, with any
 * compiler.  Without arguments: tests/fuzz/corpus/<name> for the program fuzz_<name>.
 */
static int
replay_file(const char *path)
{
	AUTO(buf) b = BUF_INIT;
	char part[4096];
	uint8_t *copy;
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		return -1;
	}
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	/* exactly as large as it is, so that a sanitizer sees a byte too far */
	copy = memcpy(xmalloc(b.len), b.data, b.len);
	LLVMFuzzerTestOneInput(copy, b.len);
	free(copy);
	return 0;
}

static int
replay_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (!d) {
		perror(path);
		return -1;
	}
	while ((entry = readdir(d))) {
		AUTO(str) file = xasprintf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (replay_file(file)) {
			count = -1;
			break;
		}
		count++;
	}
	closedir(d);
	return count;
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	AUTO(str) folder = NULL;
	int count;

	for (int i = 1; i < argc; i++)
		if (replay_file(argv[i]))
			return 1;
	if (argc > 1)
		return 0;
	name = strstr(name ? name : argv[0], "fuzz_");
	folder = xasprintf("%s/tests/fuzz/corpus/%s", SRCDIR, name ? name + 5 : "");
	count = replay_folder(folder);
	printf("%s: %d inputs\n", folder, count);
	return count > 0 ? 0 : 1;
}

/*
 * relro: makes the relocated data of a static position-independent program read-only.
 *
 * glibc's start does this, and musl's loader does it for shared programs, but a static program of
 * musl relocates itself and leaves the segment writable. Runs before main, in the only thread.
 */
#include <link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int protect(struct dl_phdr_info *info, size_t size, void *ctx)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)ctx;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		size_t from = (info->dlpi_addr + p->p_vaddr) & -page;
		size_t to = (info->dlpi_addr + p->p_vaddr + p->p_memsz) & -page;

		if (p->p_type == PT_GNU_RELRO && to > from &&
			mprotect((void *)from, to - from, PROT_READ))
			abort();
	}
	return 0;
}

__attribute__((constructor)) static void protect_all(void)
{
	dl_iterate_phdr(protect, NULL);
}

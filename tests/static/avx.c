/* Ends with 0 on a processor that has AVX, and by SIGILL on one that has not. */
int main(void)
{
	__asm__ volatile("vxorps %%ymm0, %%ymm0, %%ymm0" ::: "xmm0");
	return 0;
}

import type { Limits, Service } from '../../api/model';
import { bytes } from '../../format';
import { t } from '../../lang';
import { Age } from '../../parts/age';
import { StateWord } from '../../parts/badge';

/** What the kernel reports, beside what is wanted. */
export function KernelLine({ service: s }: { service: Service }) {
	const k = s.kernel_limits;
	if (!k) return <p class="kernel push">{t('limits.no_kernel')}</p>;
	const drift = s.drift.length > 0;
	return (
		<p class="kernel push">
			{drift ? (
				<StateWord tone="warn" icon="alert">
					{t('limits.drifted', { kernel: sizeOf(k), wanted: sizeOf(s.limits) })}
				</StateWord>
			) : (
				<StateWord tone="ok" icon="check">
					{t('limits.checked', { kernel: sizeOf(k) })}
				</StateWord>
			)}
			<Age at={k.at} prefix={t('age.read_small')} reading />
		</p>
	);
}

function sizeOf(l: Limits): string {
	return l.memory_bytes === null ? t('limits.none') : bytes(l.memory_bytes);
}

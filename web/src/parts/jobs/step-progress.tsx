import type { Step } from '../../api/model';
import { bytesOf, count, duration, thousands } from '../../format';
import { t } from '../../lang';

type Progress = NonNullable<Step['progress']>;

export function StepProgress({ title, progress: p }: { title: string; progress: Progress }) {
	return (
		<div class="wide">
			<progress max={Math.max(p.total, 1)} value={p.done} aria-label={t('step.progress_of', { title })} />
			<div class="progress-text">
				<b>{amount(p)}</b>
				{p.eta_s !== null && <span>{t('step.left', { time: duration(p.eta_s) })}</span>}
			</div>
		</div>
	);
}

function amount(p: Progress): string {
	switch (p.unit) {
		case 'bytes':
			return bytesOf(p.done, p.total);
		case 'seconds':
			return t('format.of', { done: duration(p.done), total: duration(p.total) });
		case 'blocks':
			return t('format.of', { done: thousands(p.done), total: count(p.total, 'block', 'blocks') });
		case 'files':
			return t('format.of', { done: thousands(p.done), total: count(p.total, 'file', 'files') });
	}
}

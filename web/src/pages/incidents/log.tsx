import { useMemo } from 'preact/hooks';
import type { IncidentWhole } from '../../api/model';
import { absolute, count } from '../../format';
import { t } from '../../lang';
import { IconButton } from '../../parts/button';
import { copyText } from '../../parts/copy';
import { Lines } from '../../parts/log-lines';
import { toast } from '../../parts/toast';
import { href } from '../../router';

/** Its last words. */
export function IncidentLog({ incident: i, stack }: { incident: IncidentWhole; stack: string }) {
	const rows = useMemo(() => i.log.map((line, n) => ({ ...line, n })), [i.id]);
	const text = () => rows.map((r) => `${absolute(r.at)} ${r.text}`).join('\n');
	const copy = () => void copyText(text()).then(() => toast(t('copied')));
	return (
		<section class="card flush log-card" aria-labelledby="words">
			<div class="card-pad-head with-act">
				<h2 id="words">{t('incident.log')}</h2>
				{rows.length > 0 && <IconButton icon="copy" label={t('copy')} onClick={copy} />}
			</div>
			{rows.length > 0 && <Lines rows={rows} label={t('logs.lines')} wrap follow short />}
			<p class="log-foot section-head small faint">
				<span>{rows.length ? t('incident.lines', { n: count(rows.length, 'line', 'lines') }) : t('incident.no_log')}</span>
				<a class="link" href={href('logs', { stack, service: i.service })}>
					{t('incident.all_log')}
				</a>
			</p>
		</section>
	);
}

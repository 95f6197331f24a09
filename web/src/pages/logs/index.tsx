import { useMemo, useRef, useState } from 'preact/hooks';
import { readLog } from '../../api/logs';
import { absolute, count } from '../../format';
import { t } from '../../lang';
import { BuiltinNote } from '../../parts/builtin-note';
import { Button } from '../../parts/button';
import { download } from '../../parts/copy';
import { usePageKey } from '../../parts/frame/keyboard';
import { Lines } from '../../parts/log-lines';
import { NoNode } from '../../parts/no-node';
import { PageHead } from '../../parts/page-head';
import { Problem } from '../../parts/problem';
import { Segments } from '../../parts/segments';
import { serviceTitle } from '../../parts/service-title';
import { toast } from '../../parts/toast';
import { navigate, useRoute } from '../../router';
import { hasContainer, useStack } from '../../state/stack';
import { useLog } from './use-log';

const DOWNLOAD_LINES = 10000;

/** What the containers write, as they write it. */
export default function LogsPage() {
	const stack = useStack();
	const route = useRoute();
	const [paused, setPaused] = useState(false);
	const [wrap, setWrap] = useState(true);
	const [filter, setFilter] = useState('');
	const [round, setRound] = useState(0);
	const input = useRef<HTMLInputElement>(null);
	usePageKey((key) => key === '/' && input.current?.focus());

	const written = stack?.services.filter(hasContainer) ?? [];
	const name = (written.find((s) => s.name === route.query.get('service')) ?? written[0])?.name ?? 'node';
	const log = useLog(stack?.name ?? '', name, paused, round);
	const rows = useMemo(() => (filter ? log.rows.filter((r) => r.text.toLowerCase().includes(filter.toLowerCase())) : log.rows), [log.rows, filter]);
	if (!stack) return <NoNode />;

	const save = () => void saveLog(stack.name, name).catch((e: Error) => toast(e.message, { tone: 'bad', icon: 'alert' }));
	return (
		<>
			<PageHead title={t('nav.logs')} text={t('logs.text')}>
				<Segments label={t('logs.which')} value={name} options={written.map((s) => ({ value: s.name, title: serviceTitle(s) }))} onPick={(service) => navigate('logs', { stack: stack.name, service })} />
			</PageHead>
			<section class="card flush log-card" aria-label={t('nav.logs')}>
				<div class="log-bar">
					<input class="input" type="search" ref={input} value={filter} placeholder={t('logs.filter')} aria-label={t('logs.filter')} onInput={(e) => setFilter(e.currentTarget.value)} />
					<Button icon={paused ? 'play' : 'pause'} onClick={() => setPaused(!paused)}>
						{paused ? (log.waiting ? t('logs.waiting', { n: count(log.waiting, 'new line', 'new lines') }) : t('logs.follow')) : t('logs.pause')}
					</Button>
					<Button kind="quiet" pressed={wrap} onClick={() => setWrap(!wrap)}>
						{t('logs.wrap')}
					</Button>
					<Button kind="quiet" icon="download" onClick={save}>
						{t('logs.download')}
					</Button>
				</div>
				{log.error ? <Problem error={log.error} onRetry={() => setRound(round + 1)} /> : <Lines rows={rows} label={t('logs.lines')} wrap={wrap} follow={!paused} onLeaveEnd={() => setPaused(true)} />}
				<p class="log-foot small faint">
					{filter ? t('logs.matching', { n: rows.length, all: log.rows.length }) : log.rows.length ? count(log.rows.length, 'line', 'lines') : t('logs.empty')}
					{log.ended && ` · ${t('logs.ended')}`}
				</p>
			</section>
			<BuiltinNote stack={stack} text={t('logs.builtin')} />
		</>
	);
}

async function saveLog(stack: string, service: string): Promise<void> {
	const parts: string[] = [];
	await readLog(stack, service, DOWNLOAD_LINES, false, new AbortController().signal, (lines) => parts.push(...lines.map((l) => `${l.at ? absolute(l.at) : ''} ${l.text}`)));
	download(`${stack}-${service}.log`, 'text/plain', parts.join('\n') + '\n');
}

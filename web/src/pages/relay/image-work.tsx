import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, send } from '../../api/client';
import type { Job } from '../../api/model';
import { t } from '../../lang';
import { Icon } from '../../parts/icon';
import { Steps } from '../../parts/jobs/steps';
import { Problem } from '../../parts/problem';
import { isActive } from '../../state/reducer';
import { useModel } from '../../state/store';

/** A job, live while it is in the state; read once more when it has left it: it belongs to no stack. */
export function useJob(id: string | undefined): Job | undefined {
	const { state } = useModel();
	const [read, setRead] = useState<Job>();
	const listed = id === undefined ? undefined : state?.jobs.find((j) => j.id === id);
	const known = read?.id === id ? read : undefined;
	useEffect(() => {
		if (id === undefined || (listed && isActive(listed)) || (known && !isActive(known))) return;
		void get<{ job: Job }>(`jobs/${id}${known ? '?wait=10' : ''}`).then((a) => setRead(a.job), () => {});
	}, [id, listed === undefined || !isActive(listed), known]);
	return known && !isActive(known) ? known : (listed ?? known);
}

/** Its steps, what it writes, and what to do when it failed. */
export function ImageWork({ job }: { job: Job }) {
	return (
		<div class="stack">
			{job.state === 'done' && (
				<div class="wouldbe is-ok" role="status">
					<Icon name="check-c" />
					<p>
						<strong>{t('image.done', { title: job.title })}</strong>
						<span>{t('image.done_more')}</span>
					</p>
				</div>
			)}
			{!isActive(job) && job.error && <Problem error={new ApiError(0, job.error.code, job.error.message, job.error.hint)} />}
			<Steps steps={job.steps} />
			{job.log && <Output job={job} />}
		</div>
	);
}

/** What the build writes; it stays at the end unless somebody has scrolled up. */
function Output({ job }: { job: Job }) {
	const [text, setText] = useState('');
	const [round, setRound] = useState(0);
	const box = useRef<HTMLPreElement>(null);
	const active = isActive(job);
	useEffect(() => {
		const c = new AbortController();
		let timer: number | undefined;
		send(`jobs/${job.id}/log`, { accept: 'text/plain', signal: c.signal })
			.then((a) => a.text())
			.then(setText, () => {})
			.finally(() => {
				if (active && !c.signal.aborted) timer = window.setTimeout(() => setRound((n) => n + 1), 1000);
			});
		return () => {
			c.abort();
			clearTimeout(timer);
		};
	}, [job.id, active, round]);
	useEffect(() => {
		const b = box.current;
		if (b && b.scrollHeight - b.scrollTop - b.clientHeight < 120) b.scrollTop = b.scrollHeight;
	}, [text]);
	return (
		<section aria-label={t('image.output')}>
			<h3>{t('image.output')}</h3>
			<pre class="output" ref={box} tabIndex={0}>
				{text || t('loading')}
			</pre>
		</section>
	);
}

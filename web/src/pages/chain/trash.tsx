import { useState } from 'preact/hooks';
import { run } from '../../api/changes';
import { newKey } from '../../api/client';
import type { Stack } from '../../api/model';
import { bytes, count } from '../../format';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { Problem } from '../../parts/problem';
import { showJob, showPlan } from '../../parts/jobs/open';
import { dispatch } from '../../state/store';
import { ChainTable } from './kept';
import type { Kept } from './kept';

/** What was thrown away: it can be taken out again until somebody empties the trash. */
export function Trash({ stack, trash, kept }: { stack: Stack; trash: Kept[]; kept: number }) {
	const [empty, setEmpty] = useState(false);
	if (trash.length === 0) return null;
	return (
		<section class="card flush" aria-labelledby="trash">
			<div class="card-pad-head with-act">
				<div>
					<h2 id="trash">{t('trash.title')}</h2>
					<p class="small soft">{t('trash.text')}</p>
				</div>
				<Button kind="danger" icon="trash" disabled={!!stack.job} onClick={() => setEmpty(true)}>
					{t('trash.empty')}
				</Button>
			</div>
			<ChainTable
				chains={trash}
				actions={(k) => (
					<Button kind="quiet" icon="undo" disabled={!!stack.job} onClick={() => showPlan({ method: 'POST', path: `stacks/${stack.name}/untrash`, body: { chain: k.id } })}>
						{t('trash.out')}
					</Button>
				)}
			/>
			{empty && <EmptyDialog stack={stack} trash={trash} kept={kept} onClose={() => setEmpty(false)} />}
		</section>
	);
}

/** The only thing here that cannot be taken back: it names what and how big, and wants a word typed. */
function EmptyDialog({ stack, trash, kept, onClose }: { stack: Stack; trash: Kept[]; kept: number; onClose: () => void }) {
	const [typed, setTyped] = useState('');
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const [key] = useState(newKey);
	const size = bytes(trash.reduce((n, k) => n + (k.extra_bytes ?? 0), 0));
	const start = () => {
		setBusy(true);
		run({ method: 'POST', path: `stacks/${stack.name}/empty`, body: { confirm: typed } }, key).then(
			(job) => {
				dispatch({ type: 'job', job });
				onClose();
				showJob(job.id);
			},
			(e) => {
				setBusy(false);
				setError(e);
			},
		);
	};
	const foot = (
		<>
			<Button onClick={onClose}>{t('trash.keep')}</Button>
			<Button kind="danger solid" icon="trash" disabled={busy || typed !== stack.name} onClick={start}>
				{t('trash.delete', { size })}
			</Button>
		</>
	);
	return (
		<Dialog title={t('trash.sure')} onClose={onClose} foot={foot}>
			<ul class="checks">
				<li class="is-bad">
					<Icon name="trash" />
					<span>
						{t('trash.gone', { chains: count(trash.length, 'chain', 'chains') })}
						<small>{t('trash.gone_more', { size, folder: `${stack.data_dir}/trash` })}</small>
					</span>
				</li>
				<li class="is-ok">
					<Icon name="check-c" />
					<span>
						{t('trash.stay', { kept: count(kept, 'kept chain', 'kept chains') })}
						<small>{t('trash.stay_more')}</small>
					</span>
				</li>
			</ul>
			<TextField label={t('trash.type', { name: stack.name })} value={typed} onText={setTyped} autocomplete="off" help={t('trash.type_help')} />
			{error ? <Problem error={error} /> : null}
		</Dialog>
	);
}

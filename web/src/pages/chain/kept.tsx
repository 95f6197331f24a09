import type { ComponentChildren } from 'preact';
import type { Chains, Options, Stack } from '../../api/model';
import { bytes, count } from '../../format';
import { t, tOr } from '../../lang';
import { When } from '../../parts/age';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { showPlan } from '../../parts/jobs/open';

export type Kept = Chains['kept'][number];

/** Copies, and chains that were set aside: one click puts one back (and sets the present one aside). */
export function KeptChains({ stack, kept }: { stack: Stack; kept: Kept[] }) {
	const ask = (what: 'putback' | 'trash', k: Kept) => showPlan({ method: 'POST', path: `stacks/${stack.name}/${what}`, body: { chain: k.id } });
	return (
		<section class="card flush" aria-labelledby="kept">
			<div class="card-pad-head">
				<h2 id="kept">{t('kept.title')}</h2>
				<p class="small soft">{kept.length ? t('kept.text') : t('kept.none')}</p>
			</div>
			{kept.length > 0 && (
				<ChainTable
					chains={kept}
					actions={(k) => (
						<>
							<Button icon="undo" disabled={!!stack.job || k.damaged} onClick={() => ask('putback', k)}>
								{t('kept.putback')}
							</Button>
							<Button kind="quiet" disabled={!!stack.job} onClick={() => ask('trash', k)}>
								{t('kept.delete')}
							</Button>
						</>
					)}
				/>
			)}
		</section>
	);
}

/** Chains as rows: when and at which block, why, how big, and what only they take. */
export function ChainTable({ chains, actions }: { chains: Kept[]; actions: (k: Kept) => ComponentChildren }) {
	return (
		<div class="table-wrap">
			<table class="table cards kept">
				<thead>
					<tr>
						<th scope="col">{t('kept.when')}</th>
						<th scope="col">{t('kept.why')}</th>
						<th scope="col" class="n">
							{t('kept.size')}
						</th>
						<th scope="col" class="n">
							{t('kept.extra')}
						</th>
						<th scope="col">
							<span class="vh">{t('actions')}</span>
						</th>
					</tr>
				</thead>
				<tbody>
					{chains.map((k) => (
						<Row key={k.id} kept={k}>
							{actions(k)}
						</Row>
					))}
				</tbody>
			</table>
		</div>
	);
}

function Row({ kept: k, children }: { kept: Kept; children: ComponentChildren }) {
	const options = Object.entries(k.options as Options).map(([key, v]) => `${key} ${v}`);
	const size = (n: number | null) => (n === null ? t('unknown') : bytes(n));
	return (
		<tr>
			<td>
				<b>
					<When at={k.at} />
				</b>
				{k.height !== null && <small>{t('kept.block', { n: count(k.height, '', '').trim() })}</small>}
				<small class="mono">{k.image ?? ''}</small>
			</td>
			<td>
				{tOr(`reason.${k.reason}`, k.reason)}
				{options.length > 0 && <small>{options.join(', ')}</small>}
				{k.damaged && (
					<Badge tone="bad" icon="alert">
						{t('kept.damaged')}
					</Badge>
				)}
			</td>
			<td class="n" data-label={t('kept.size')}>
				{size(k.bytes)}
			</td>
			<td class="n" data-label={t('kept.extra')}>
				{size(k.extra_bytes)}
			</td>
			<td>
				<div class="actions">{children}</div>
			</td>
		</tr>
	);
}

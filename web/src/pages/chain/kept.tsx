import type { Chains, Options, Stack } from '../../api/model';
import { bytes } from '../../format';
import { t, tOr } from '../../lang';
import { When } from '../../parts/age';
import { Button } from '../../parts/button';
import { showPlan } from '../../parts/work/open';

type Kept = Chains['kept'][number];

/** Chains that were set aside: one click puts one back (and sets the present one aside). */
export function KeptChains({ stack, kept }: { stack: Stack; kept: Kept[] }) {
	return (
		<section class="card flush" aria-labelledby="kept">
			<div class="card-pad-head">
				<h2 id="kept">{t('kept.title')}</h2>
				<p class="small soft">{kept.length ? t('kept.text') : t('kept.none')}</p>
			</div>
			{kept.length > 0 && (
				<div class="table-wrap">
					<table class="table cards kept">
						<thead>
							<tr>
								<th scope="col">{t('kept.when')}</th>
								<th scope="col">{t('kept.why')}</th>
								<th scope="col" class="n">
									{t('kept.size')}
								</th>
								<th scope="col">
									<span class="vh">{t('actions')}</span>
								</th>
							</tr>
						</thead>
						<tbody>
							{kept.map((k) => (
								<Row key={k.id} kept={k} stack={stack} />
							))}
						</tbody>
					</table>
				</div>
			)}
		</section>
	);
}

function Row({ kept: k, stack }: { kept: Kept; stack: Stack }) {
	const options = Object.entries(k.options as Options).map(([key, v]) => `${key} ${v}`);
	return (
		<tr>
			<td>
				<b>
					<When at={k.at} />
				</b>
				<small class="mono">{k.image ?? ''}</small>
			</td>
			<td>
				{tOr(`reason.${k.reason}`, k.reason)}
				{options.length > 0 && <small>{options.join(', ')}</small>}
			</td>
			<td class="n" data-label={t('kept.size')}>
				{k.bytes === null ? t('unknown') : bytes(k.bytes)}
			</td>
			<td>
				<div class="actions">
					<Button icon="undo" disabled={!!stack.job} onClick={() => showPlan({ method: 'POST', path: `stacks/${stack.name}/putback`, body: { chain: k.id } })}>
						{t('kept.putback')}
					</Button>
				</div>
			</td>
		</tr>
	);
}

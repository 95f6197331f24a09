import type { Incident, Stack } from '../../api/model';
import { t } from '../../lang';
import { Age, When } from '../../parts/age';
import { serviceTitle } from '../../parts/service-title';
import { href } from '../../router';
import { service } from '../../state/stack';

interface Props {
	stack: Stack;
	list: Incident[];
	title: string;
}

/** The others, newest first: each sentence leads to its card. */
export function Others({ stack, list, title }: Props) {
	if (list.length === 0) return null;
	return (
		<section class="stack tight" aria-labelledby="others">
			<h2 id="others">{title}</h2>
			<div class="card flush table-wrap">
				<table class="table cards incidents">
					<thead>
						<tr>
							<th scope="col">{t('incidents.when')}</th>
							<th scope="col">{t('incidents.service')}</th>
							<th scope="col">{t('incidents.cause')}</th>
							<th scope="col">{t('incidents.what')}</th>
						</tr>
					</thead>
					<tbody>
						{list.map((i) => (
							<tr key={i.id}>
								<td>
									<When at={i.at} />
									<small>
										<Age at={i.at} />
									</small>
								</td>
								<td data-label={t('incidents.service')}>{titleOf(stack, i)}</td>
								<td data-label={t('incidents.cause')}>
									<b>{t(`cause.${i.cause}`)}</b>
								</td>
								<td>
									<a href={href('incidents', { stack: stack.name, id: String(i.id) })}>{i.message}</a>
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

export function titleOf(stack: Stack, i: Incident): string {
	const s = service(stack, i.service);
	return s ? serviceTitle(s) : i.service;
}

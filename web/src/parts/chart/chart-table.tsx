import type { History } from '../../api/model';
import { absolute } from '../../format';
import { t } from '../../lang';
import { shown } from './specs';
import type { ChartSpec, Scale } from './specs';

/** The same numbers to read, copy, or hear. */
export function ChartTable({ spec, history: h, scale }: { spec: ChartSpec; history: History; scale: Scale }) {
	const s = h.series[spec.main]!;
	const rows = h.t.map((at, i) => ({ at, i })).filter(({ i }) => s.mean[i] !== null);
	return (
		<div class="table-wrap chart-table" tabIndex={0} role="region" aria-label={t(spec.title)}>
			<table class="table">
				<thead>
					<tr>
						<th scope="col">{t('chart.time')}</th>
						<th scope="col" class="n">
							{t('chart.lowest')}
						</th>
						<th scope="col" class="n">
							{t('chart.mean')}
						</th>
						<th scope="col" class="n">
							{t('chart.highest')}
						</th>
					</tr>
				</thead>
				<tbody>
					{rows.reverse().map(({ at, i }) => (
						<tr key={at}>
							<td>{absolute(at)}</td>
							<td class="n">{shown(s.min[i], scale)}</td>
							<td class="n">{shown(s.mean[i], scale)}</td>
							<td class="n">{shown(s.max[i], scale)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

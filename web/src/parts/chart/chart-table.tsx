import type { History } from '../../api/model';
import { absolute } from '../../format';
import { t } from '../../lang';
import { shown } from './specs';
import type { ChartSpec, Scale } from './specs';

interface Column {
	title: string;
	values: (number | null)[];
}

/** The same numbers to read, copy, or hear. */
export function ChartTable({ spec, history: h, scale }: { spec: ChartSpec; history: History; scale: Scale }) {
	const main = h.series[spec.main]!.mean;
	const columns = columnsOf(spec, h);
	const rows = h.t.map((at, i) => ({ at, i })).filter(({ i }) => main[i] !== null);
	return (
		<div class="table-wrap chart-table" tabIndex={0} role="region" aria-label={t(spec.title)}>
			<table class="table">
				<thead>
					<tr>
						<th scope="col">{t('chart.time')}</th>
						{columns.map((c) => (
							<th key={c.title} scope="col" class="n">
								{c.title}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.reverse().map(({ at, i }) => (
						<tr key={at}>
							<td>{absolute(at)}</td>
							{columns.map((c) => (
								<td key={c.title} class="n">
									{shown(c.values[i], scale)}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function columnsOf(spec: ChartSpec, h: History): Column[] {
	const { min, mean, max } = h.series[spec.main]!;
	if (!spec.exact)
		return [
			{ title: t('chart.lowest'), values: min },
			{ title: t('chart.mean'), values: mean },
			{ title: t('chart.highest'), values: max },
		];
	const of = (series: string | undefined) => (series && h.series[series]?.mean) || [];
	return [
		{ title: t('chart.needed'), values: mean },
		{ title: t('chart.cache'), values: of(spec.cache) },
		{ title: t('chart.limit_key'), values: of(spec.limit) },
	];
}

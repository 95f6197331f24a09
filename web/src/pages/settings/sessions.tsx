import { change, get } from '../../api/client';
import type { SessionInfo } from '../../api/model';
import { t } from '../../lang';
import { Age, When } from '../../parts/age';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { useLoad } from '../../parts/load';
import { Problem } from '../../parts/problem';
import { toast } from '../../parts/toast';

/** Every browser that is signed in. */
export function Sessions() {
	const list = useLoad((signal) => get<{ sessions: SessionInfo[] }>('sessions', { signal }), 'sessions');
	const end = (s: SessionInfo) => void change('DELETE', `sessions/${s.id}`).then(list.reload, (e: Error) => toast(e.message, { tone: 'bad', icon: 'alert' }));
	return (
		<section class="card flush" aria-labelledby="sessions">
			<div class="card-pad-head">
				<h2 id="sessions">{t('sessions.title')}</h2>
			</div>
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : null}
			<div class="table-wrap">
				<table class="table cards">
					<thead>
						<tr>
							<th scope="col">{t('sessions.browser')}</th>
							<th scope="col">{t('sessions.seen')}</th>
							<th scope="col">{t('sessions.until')}</th>
							<th scope="col">
								<span class="vh">{t('actions')}</span>
							</th>
						</tr>
					</thead>
					<tbody>
						{(list.data?.sessions ?? []).map((s) => (
							<tr key={s.id}>
								<td>
									<b>{s.browser}</b>
									<small>{s.address}</small>
								</td>
								<td data-label={t('sessions.seen')}>
									<Age at={s.last_seen_at} />
								</td>
								<td data-label={t('sessions.until')}>
									<When at={s.expires_at} />
								</td>
								<td>
									<div class="actions">
										{s.current ? (
											<Badge tone="ok" icon="check-c">
												{t('sessions.this')}
											</Badge>
										) : (
											<Button kind="quiet" onClick={() => end(s)}>
												{t('sessions.end')}
											</Button>
										)}
									</div>
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}

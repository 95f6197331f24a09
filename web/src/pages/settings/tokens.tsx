import { useState } from 'preact/hooks';
import { change, get } from '../../api/client';
import type { Token } from '../../api/model';
import { t } from '../../lang';
import { Age, When } from '../../parts/age';
import { Button } from '../../parts/button';
import { useLoad } from '../../parts/load';
import { Problem } from '../../parts/problem';
import { toast } from '../../parts/toast';
import { NewToken } from './new-token';

/** Keys for scripts: what they may do, when they were last used. */
export function Tokens() {
	const [making, setMaking] = useState(false);
	const list = useLoad((signal) => get<{ tokens: Token[] }>('tokens', { signal }), 'tokens');
	const tokens = list.data?.tokens ?? [];
	const revoke = (token: Token) =>
		void change('DELETE', `tokens/${token.id}`).then(
			() => (toast(t('tokens.revoked', { name: token.name })), list.reload()),
			(e: Error) => toast(e.message, { tone: 'bad', icon: 'alert' }),
		);
	return (
		<section class="card flush" aria-labelledby="tokens">
			<div class="card-pad-head with-act">
				<div>
					<h2 id="tokens">{t('tokens.title')}</h2>
					<p class="small soft">{t('tokens.text')}</p>
				</div>
				<Button icon="key" onClick={() => setMaking(true)}>
					{t('tokens.new')}
				</Button>
			</div>
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : null}
			{tokens.length > 0 && (
				<div class="table-wrap">
					<table class="table cards">
						<thead>
							<tr>
								<th scope="col">{t('tokens.name')}</th>
								<th scope="col">{t('tokens.scope')}</th>
								<th scope="col">{t('tokens.used')}</th>
								<th scope="col">{t('tokens.expires')}</th>
								<th scope="col">
									<span class="vh">{t('actions')}</span>
								</th>
							</tr>
						</thead>
						<tbody>
							{tokens.map((k) => (
								<tr key={k.id}>
									<td>
										<b>{k.name}</b>
									</td>
									<td data-label={t('tokens.scope')}>{t(`scope.${k.scope}`)}</td>
									<td data-label={t('tokens.used')}>
										{k.last_used_at === null ? t('tokens.never') : <Age at={k.last_used_at} />}
										{k.last_used_from && <small>{t('tokens.from', { address: k.last_used_from })}</small>}
									</td>
									<td data-label={t('tokens.expires')}>{k.expires_at === null ? t('tokens.no_expiry') : <When at={k.expires_at} />}</td>
									<td>
										<div class="actions">
											<Button kind="quiet" onClick={() => revoke(k)}>
												{t('tokens.revoke')}
											</Button>
										</div>
									</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			)}
			{making && <NewToken onClose={() => (setMaking(false), list.reload())} />}
		</section>
	);
}

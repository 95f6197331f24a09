import { ApiError } from '../api/client';
import { t } from '../lang';
import { Button } from './button';
import { Icon } from './icon';
import { showJob } from './jobs/open';

interface Props {
	error: unknown;
	onRetry?: () => void;
}

/** An error as the server says it: what happened, what it means, and the code, small. */
export function Problem({ error, onRetry }: Props) {
	const e = error instanceof ApiError ? error : new ApiError(0, 'page.error', String((error as Error)?.message ?? error), '');
	const job = e.job;
	return (
		<div class="wouldbe is-bad" role="alert">
			<Icon name="alert" />
			<div>
				<strong>{e.message}</strong>
				<p class="small">
					{e.hint} <span class="code-key">{e.code}</span>
				</p>
				{(job || onRetry) && (
					<div class="actions problem-actions">
						{job && <Button onClick={() => showJob(job)}>{t('job.watch')}</Button>}
						{onRetry && <Button onClick={onRetry}>{t('retry')}</Button>}
					</div>
				)}
			</div>
		</div>
	);
}

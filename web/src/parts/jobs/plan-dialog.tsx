import { useEffect, useState } from 'preact/hooks';
import { dryRun, run } from '../../api/changes';
import type { Change } from '../../api/changes';
import { ApiError, newKey } from '../../api/client';
import type { Job, Plan } from '../../api/model';
import { t } from '../../lang';
import { dispatch } from '../../state/store';
import { Bones } from '../bones';
import { Button } from '../button';
import { Dialog } from '../dialog';
import { Problem } from '../problem';
import { PlanView } from './plan-view';

interface Props {
	change: Change;
	onClose: () => void;
	onStarted: (job: Job) => void;
}

/** What a change would do; nothing happens before "Do it". */
export function PlanDialog({ change: first, onClose, onStarted }: Props) {
	const [change, setChange] = useState(first);
	const [plan, setPlan] = useState<Plan>();
	const [error, setError] = useState<unknown>();
	const [busy, setBusy] = useState(false);
	const [key] = useState(newKey);

	useEffect(() => {
		setError(undefined);
		dryRun(change).then(setPlan, setError);
	}, [change]);

	const start = () => {
		setBusy(true);
		run(change, key).then(
			(job) => {
				dispatch({ type: 'job', job });
				onStarted(job);
			},
			(e) => {
				setBusy(false);
				setError(e);
			},
		);
	};
	const withRestart = () => setChange({ ...change, body: { ...change.body, restart: true } });
	const needsRestart = error instanceof ApiError && error.code === 'limit.below_use';

	const foot = (
		<>
			<Button onClick={onClose}>{t('cancel')}</Button>
			{needsRestart ? (
				<Button kind="danger" onClick={withRestart}>
					{t('plan.restart_instead')}
				</Button>
			) : (
				<Button kind="primary" disabled={!plan || !!error || busy} onClick={start}>
					{t('plan.do')}
				</Button>
			)}
		</>
	);
	return (
		<Dialog title={plan?.title ?? t(error ? 'plan.refused' : 'plan.reading')} wide onClose={onClose} foot={foot}>
			{error ? <Problem error={error} onRetry={needsRestart ? undefined : () => setChange({ ...change })} /> : null}
			{plan ? <PlanView plan={plan} /> : !error && <Bones />}
		</Dialog>
	);
}

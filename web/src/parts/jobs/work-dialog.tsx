import { useEffect, useState } from 'preact/hooks';
import { announce } from '../announce';
import { JobDialog } from './job-dialog';
import { onOpen } from './open';
import type { Shown } from './open';
import { PlanDialog } from './plan-dialog';

/** Stands once in the frame; shows whatever showPlan() or showJob() asked for. */
export function WorkDialog() {
	const [shown, setShown] = useState<Shown>(null);
	useEffect(() => {
		onOpen(setShown);
		return () => onOpen(() => {});
	}, []);
	const close = () => setShown(null);
	if (!shown) return null;
	if (shown.kind === 'job') return <JobDialog id={shown.id} onClose={close} />;
	return (
		<PlanDialog
			change={shown.change}
			onClose={close}
			onStarted={(job) => {
				announce(job.title);
				setShown({ kind: 'job', id: job.id });
			}}
		/>
	);
}

import { useState } from 'preact/hooks';
import { run } from '../../api/changes';
import type { Change } from '../../api/changes';
import { newKey } from '../../api/client';
import { navigate } from '../../router';
import { dispatch } from '../../state/store';
import { showJob } from './open';

/** Starts the job of a change, once however often it is asked for, and shows it on the overview. */
export function useStart() {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const [key] = useState(newKey);
	const start = (change: Change, onStarted = () => {}) => {
		setBusy(true);
		run(change, key).then(
			(job) => {
				onStarted();
				dispatch({ type: 'job', job });
				navigate('overview');
				showJob(job.id);
			},
			(e) => {
				setBusy(false);
				setError(e);
			},
		);
	};
	return { busy, error, setError, start };
}

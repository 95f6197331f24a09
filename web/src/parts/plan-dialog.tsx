import type { ComponentChildren } from 'preact';
import type { Change } from '../api/changes';
import { t } from '../lang';
import { Button } from './button';
import { Dialog } from './dialog';
import { showPlan } from './jobs/open';

interface Props {
	title: string;
	/** What is wished so far; without: nothing yet. */
	change?: Change;
	onClose: () => void;
	children: ComponentChildren;
}

/** A wish that is put together; the plan of it comes next. */
export function PlanDialog({ title, change, onClose, children }: Props) {
	const next = () => {
		onClose();
		showPlan(change!);
	};
	const foot = (
		<>
			<Button onClick={onClose}>{t('cancel')}</Button>
			<Button kind="primary" disabled={!change} onClick={next}>
				{t('options.see_plan')}
			</Button>
		</>
	);
	return (
		<Dialog title={title} wide onClose={onClose} foot={foot}>
			{children}
		</Dialog>
	);
}

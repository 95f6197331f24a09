import type { Action } from '../api/model';
import { change } from '../api/client';
import { isStackChange } from '../api/changes';
import { navigate } from '../router';
import { Button } from './button';
import { toast } from './toast';
import { showPlan } from './jobs/open';

interface Props {
	actions: Action[];
	/** What they are about, for a button that opens a page. */
	stack?: string | null;
	service?: string | null;
}

/** The buttons of a finding: a page, a change (its plan first), or a small request. */
export function ActionButtons({ actions, stack, service }: Props) {
	if (actions.length === 0) return null;
	const about = { ...(stack && { stack }), ...(service && { service }) };
	return (
		<div class="actions">
			{actions.map((a) => (
				<Button key={a.label} kind={a.primary ? 'primary' : undefined} onClick={() => act(a, about)}>
					{a.label}
				</Button>
			))}
		</div>
	);
}

function act(a: Action, about: Record<string, string>): void {
	if (!a.method || !a.path) {
		if (a.page) navigate(a.page, about);
		return;
	}
	const wanted = { method: a.method, path: a.path, body: a.body as Record<string, unknown> | undefined };
	if (isStackChange(wanted)) return showPlan(wanted);
	change(a.method, a.path, a.body).then(
		() => toast(a.label),
		(e: Error) => toast(e.message, { tone: 'bad', icon: 'alert' }),
	);
}

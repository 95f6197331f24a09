// Any place of the page may open the plan of a change, or a job, in the one dialog for both.
import type { Change } from '../../api/changes';

export type Shown = { kind: 'plan'; change: Change } | { kind: 'job'; id: string } | null;

let open: (shown: Shown) => void = () => {};

export function onOpen(callback: (shown: Shown) => void): void {
	open = callback;
}

/** Shows what a change would do, and does it when the reader agrees. */
export function showPlan(change: Change): void {
	open({ kind: 'plan', change });
}

export function showJob(id: string): void {
	open({ kind: 'job', id });
}

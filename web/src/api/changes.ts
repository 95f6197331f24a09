// Changes of a stack: the same request shows the plan (dry_run) or starts the job.
import { change, newKey } from './client';
import type { Method } from './client';
import type { Job, Plan } from './model';

export interface Change {
	method: Method;
	path: string;
	body?: Record<string, unknown>;
}

/** True when the server answers this change with a plan or a job: that an incident was seen changes nothing. */
export function isStackChange(c: Change): boolean {
	return /^\/?stacks(\/|$)/.test(c.path) && !/\/incidents\//.test(c.path);
}

export async function dryRun(c: Change): Promise<Plan> {
	const answer =
		c.method === 'DELETE'
			? await change<{ plan: Plan }>('DELETE', `${c.path}?dry_run=true`)
			: await change<{ plan: Plan }>(c.method, c.path, { ...c.body, dry_run: true });
	return answer.plan;
}

export async function run(c: Change, key = newKey()): Promise<Job> {
	const body = c.method === 'DELETE' ? undefined : (c.body ?? {});
	return (await change<{ job: Job }>(c.method, c.path, body, { key })).job;
}

// Which stack the pages show: the chosen one, else the first.
import type { Service, Stack, State } from '../api/model';
import { useModel } from './store';
import { navigate, useRoute } from '../router';

export function pickStack(state: State | null, wanted: string | null): Stack | undefined {
	return state?.stacks.find((s) => s.name === wanted) ?? state?.stacks[0];
}

export function useStack(): Stack | undefined {
	const { state } = useModel();
	const route = useRoute();
	const wanted = route.query.get('stack') ?? remembered;
	const stack = pickStack(state, wanted);
	if (stack) remembered = stack.name;
	return stack;
}

let remembered: string | null = null;

export function chooseStack(name: string, page: string): void {
	remembered = name;
	navigate(page, { stack: name });
}

export function service(stack: Stack | undefined, name: string): Service | undefined {
	return stack?.services.find((s) => s.name === name);
}

/** What is built in is done by the program itself: no image, no container, no limits, no log. */
export function hasContainer(s: Service): boolean {
	return !s.builtin;
}

export function isRunning(s: Service | undefined): boolean {
	return s?.container?.state === 'running';
}

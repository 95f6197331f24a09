// What the install wizard asks for, and the request that comes of it. Pure.
import type { HostReport, Options, StackInput } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { relaysOf } from '../../api/recipe';
import { GIB, MIB } from '../../format';

export interface InstallForm {
	name: string;
	dataDir: string;
	network: 'private' | 'shared';
	recipe: string;
	image: string;
	options: Options;
	/** null: no limit */
	memory: number | null;
	cpus: number | null;
	relay: boolean;
	relayRecipe: string;
	relayOptions: Options;
	relaySecrets: Record<string, string>;
	/** Text of the old relay's app.json. */
	relayConfig?: string;
}

/** Sensible answers for this NAS, so that most readers only press "Next". */
export function firstAnswers(host: HostReport, recipes: Recipe[], taken: string[]): InstallForm {
	const node = recipes.find((r) => r.role === 'node');
	const relay = relaysOf(recipes)[0];
	return {
		name: freeName(node?.id ?? 'node', taken),
		dataDir: '',
		network: 'private',
		recipe: node?.id ?? '',
		image: node?.images[0] ?? '',
		options: {},
		memory: suggestedMemory(node, host.host.memory_total_bytes),
		cpus: null,
		relay: false,
		relayRecipe: relay?.id ?? '',
		relayOptions: {},
		relaySecrets: {},
	};
}

function freeName(base: string, taken: string[]): string {
	for (let n = 1; ; n++) {
		const name = n === 1 ? base : `${base}-${n}`;
		if (!taken.includes(name)) return name;
	}
}

/** The recipe's advice, but never more than half of the NAS. */
export function suggestedMemory(recipe: Recipe | undefined, total: number): number {
	const wanted = recipe?.limits.memory_bytes ?? 1.5 * GIB;
	const half = Math.floor(total / 2 / (256 * MIB)) * 256 * MIB;
	return Math.max(256 * MIB, Math.min(wanted, half));
}

function given(options: Options): Options | undefined {
	const entries = Object.entries(options).filter(([, v]) => v !== null && v !== '');
	return entries.length ? Object.fromEntries(entries) : undefined;
}

export function stackInput(f: InstallForm): StackInput {
	const node = {
		name: 'node' as const,
		recipe: f.recipe,
		image: f.image || undefined,
		options: given(f.options),
		limits: { memory_bytes: f.memory, cpus: f.cpus },
	};
	const relay = {
		name: 'relay' as const,
		recipe: f.relayRecipe,
		options: given(f.relayOptions),
		secrets: given(f.relaySecrets) as Record<string, string> | undefined,
		...(f.relayConfig !== undefined && { config: f.relayConfig }),
	};
	const services = (f.relay && f.relayRecipe ? [node, relay] : [node]) as StackInput['services'];
	return { name: f.name, data_dir: f.dataDir || undefined, network: f.network, services };
}

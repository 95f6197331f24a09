// A recipe describes every version of one client; what differs between versions carries `from`
// (inclusive) and `before` (exclusive). Here: the part of it that fits one image.
import { thousands } from '../format';
import { t } from '../lang';
import type { components } from './types';
import type { OptionValue, Options } from './model';

interface Ranged {
	from?: string;
	before?: string;
}

export interface RecipeChoice extends Ranged {
	value: string;
	title?: string;
	help?: string;
}

/** A chain to follow; `stops`: the last block that versions from `from` on can follow. */
export interface RecipeNetwork extends RecipeChoice {
	stops?: { from: string; block: number }[];
}

export interface RecipeOption extends Ranged {
	key: string;
	title: string;
	help?: string;
	type: 'string' | 'int' | 'flag' | 'choice' | 'network' | 'args';
	default?: OptionValue;
	required?: boolean;
	resync?: boolean;
	advanced?: boolean;
	min?: number;
	max?: number;
	unit?: string;
	max_length?: number;
	pattern?: string;
	choices?: RecipeChoice[];
}

export interface RecipeGeneration extends Ranged {
	id: string;
	title: string;
	note?: string;
}

export interface RecipeSecret {
	key: string;
	title: string;
	help?: string;
}

export type Recipe = Omit<components['schemas']['Recipe'], 'options' | 'generations' | 'secrets'> & {
	options: RecipeOption[];
	generations: RecipeGeneration[];
	secrets: RecipeSecret[];
	networks?: RecipeNetwork[];
	lineage?: { repository: string; floating?: Record<string, string> }[];
};

/** The relays to choose from; the built-in one first, because it asks for nothing. */
export function relaysOf(recipes: Recipe[]): Recipe[] {
	return recipes.filter((r) => r.role === 'relay').sort((a, b) => Number(b.builtin) - Number(a.builtin));
}

/** Of given options those that this recipe has too. */
export function optionsFor(recipe: Recipe, options: Options): Options {
	return Object.fromEntries(Object.entries(options).filter(([key]) => recipe.options.some((o) => o.key === key)));
}

export type Version = [number, number, number];

export function parseVersion(text: string): Version | null {
	const m = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
	return m ? [Number(m[1]), Number(m[2] ?? 0), Number(m[3] ?? 0)] : null;
}

/** "parity/parity:v1.6.8" → [1, 6, 8]; a tag without a version is what the recipe says of it; else null. */
export function versionOfImage(recipe: Recipe, image: string): Version | null {
	const [, name, tag] = /^(?:[^/]*[.:][^/]*\/)?([^:@]+)(?::([^@]+))?/.exec(image) ?? [];
	if (tag && /\d+\.\d+/.test(tag)) return parseVersion(/\d+\.\d+(\.\d+)?/.exec(tag)![0]);
	const line = recipe.lineage?.find((l) => l.repository === name || l.repository === '*');
	const assumed = line?.floating?.[tag ?? 'latest'] ?? line?.floating?.['*'];
	return assumed ? parseVersion(assumed) : null;
}

function below(a: Version, b: Version): boolean {
	for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
	return false;
}

/** An unknown version fits everything: the server has the last word. */
function fits(r: Ranged, v: Version | null): boolean {
	if (!v) return true;
	const from = r.from && parseVersion(r.from);
	const before = r.before && parseVersion(r.before);
	return !(from && below(v, from)) && !(before && !below(v, before));
}

export function generationOf(recipe: Recipe, image: string): RecipeGeneration | undefined {
	const v = versionOfImage(recipe, image);
	return v ? [...recipe.generations].reverse().find((g) => fits(g, v)) : undefined;
}

/** The options that this image takes, each with the choices that it takes. */
export function optionsOf(recipe: Recipe, image: string): RecipeOption[] {
	const v = versionOfImage(recipe, image);
	return recipe.options
		.filter((o) => fits(o, v))
		.map((o) => {
			const choices = o.type === 'network' ? recipe.networks?.map((n) => withStop(n, v)) : o.choices;
			return choices ? { ...o, choices: choices.filter((c) => fits(c, v)) } : o;
		});
}

/** The truth about a network that this version cannot follow to its head. */
function withStop(n: RecipeNetwork, v: Version | null): RecipeChoice {
	const stop = v && [...(n.stops ?? [])].reverse().find((s) => fits({ from: s.from }, v));
	return stop ? { ...n, help: [n.help, t('recipe.stops', { block: thousands(stop.block) })].filter(Boolean).join(' ') } : n;
}

/** Sentences that a reader should know before choosing this image. */
export function notesOf(recipe: Recipe, image: string): string[] {
	const note = generationOf(recipe, image)?.note;
	return note ? [note] : [];
}

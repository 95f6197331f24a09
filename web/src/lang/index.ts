import en from './en.json';

export type TextKey = keyof typeof en;
type Values = Record<string, string | number>;

/** The sentence under a key, with {name} filled in. */
export function t(key: TextKey, values?: Values): string {
	const text: string = en[key];
	if (!values) return text;
	return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** For keys that are built from data: the fallback when there is no such sentence. */
export function tOr(key: string, fallback: string): string {
	return (en as Record<string, string>)[key] ?? fallback;
}

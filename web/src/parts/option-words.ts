// A service's options in words, through its recipe.
import type { Options, OptionValue } from '../api/model';
import type { RecipeOption } from '../api/recipe';
import { t } from '../lang';

export interface OptionWord {
	key: string;
	title: string;
	value: string;
}

export function optionWords(options: Options, known: RecipeOption[]): OptionWord[] {
	return Object.entries(options)
		.filter(([, v]) => v !== null)
		.map(([key, value]) => {
			const o = known.find((k) => k.key === key);
			return { key, title: o?.title ?? key, value: valueWord(value, o) };
		});
}

function valueWord(value: OptionValue, o?: RecipeOption): string {
	if (value === true) return t('yes');
	if (value === false) return t('no');
	if (Array.isArray(value)) return value.join(' ');
	const choice = o?.choices?.find((c) => c.value === value);
	const unit = o?.unit ? `\u00a0${o.unit}` : '';
	return `${choice?.title ?? value}${unit}`;
}

import type { OptionValue, Options } from '../api/model';
import type { RecipeOption } from '../api/recipe';
import { t } from '../lang';
import { Check, Choice } from './choice';
import { SelectField, TextField } from './field';

interface Props {
	options: RecipeOption[];
	values: Options;
	/** Only what decides about the database, or must be answered, stands outside the fold. */
	brief?: boolean;
	onChange: (key: string, value: OptionValue) => void;
}

const FEW = 4;

/** A recipe's options as controls; the rarely needed ones below a fold. */
export function OptionFields({ options, values, brief, onChange }: Props) {
	const folded = (o: RecipeOption) => o.advanced || (brief && !o.resync && !o.required);
	const plain = options.filter((o) => !folded(o));
	const more = options.filter(folded);
	const field = (o: RecipeOption) => <OptionField key={o.key} option={o} value={values[o.key] ?? o.default ?? null} onChange={(v) => onChange(o.key, v)} />;
	return (
		<>
			{plain.map(field)}
			{more.length > 0 && (
				<details class="fold">
					<summary>{t('options.more')}</summary>
					<div class="option-grid">{more.map(field)}</div>
				</details>
			)}
		</>
	);
}

interface FieldProps {
	option: RecipeOption;
	value: OptionValue;
	onChange: (value: OptionValue) => void;
}

function OptionField({ option: o, value, onChange }: FieldProps) {
	const help = [o.help, o.resync && t('options.resync')].filter(Boolean).join(' ');
	if (o.type === 'flag') return <Check title={o.title} note={help} checked={value === true} onCheck={onChange} />;
	if (o.choices && (o.type === 'choice' || o.type === 'network')) {
		const choices = o.choices.map((c) => ({ value: c.value, title: c.title ?? c.value, note: c.help }));
		if (o.type === 'network' && choices.length <= FEW) return <Choice legend={o.title} value={String(value ?? '')} options={choices} onPick={onChange} />;
		const unset = o.default == null && !o.required ? [{ value: '', title: t('options.default') }] : [];
		return <SelectField label={o.title} help={choices.find((c) => c.value === value)?.note ?? help} value={String(value ?? '')} options={[...unset, ...choices]} onPick={(v) => onChange(v || null)} />;
	}
	if (o.type === 'int') {
		const label = o.unit ? `${o.title} (${o.unit})` : o.title;
		return <TextField label={label} help={help} inputMode="numeric" value={String(value ?? '')} onText={(v) => onChange(intOf(v))} />;
	}
	if (o.type === 'args') {
		const text = Array.isArray(value) ? value.join('\n') : '';
		return <TextField label={o.title} help={help} mono value={text} onText={(v) => onChange(v.split(/\s+/).filter(Boolean))} />;
	}
	return <TextField label={o.title} help={help} required={o.required} maxLength={o.max_length} value={String(value ?? '')} onText={(v) => onChange(v || null)} />;
}

/** A number, nothing, or what was typed: "auto" is a value too, and the server checks the rest. */
function intOf(text: string): OptionValue {
	const trimmed = text.trim();
	if (trimmed === '') return null;
	return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
}

import { useId } from 'preact/hooks';

interface Option {
	value: string;
	title: string;
	note?: string;
}

interface Props {
	legend: string;
	value: string;
	options: Option[];
	onPick: (value: string) => void;
}

/** A few answers, each with a sentence. */
export function Choice({ legend, value, options, onPick }: Props) {
	const name = useId();
	return (
		<fieldset>
			<legend class="legend">{legend}</legend>
			{options.map((o) => (
				<label class="choice" key={o.value}>
					<input type="radio" name={name} checked={o.value === value} onChange={() => onPick(o.value)} />
					<b>{o.title}</b>
					{o.note && <span>{o.note}</span>}
				</label>
			))}
		</fieldset>
	);
}

interface CheckProps {
	title: string;
	note?: string;
	checked: boolean;
	onCheck: (on: boolean) => void;
}

export function Check({ title, note, checked, onCheck }: CheckProps) {
	return (
		<label class="choice">
			<input type="checkbox" checked={checked} onChange={(e) => onCheck(e.currentTarget.checked)} />
			<b>{title}</b>
			{note && <span>{note}</span>}
		</label>
	);
}

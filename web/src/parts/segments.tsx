interface Props<T extends string> {
	label: string;
	value: T | null;
	options: { value: T; title: string }[];
	onPick: (value: T) => void;
}

/** A short row of exclusive buttons. */
export function Segments<T extends string>({ label, value, options, onPick }: Props<T>) {
	return (
		<div class="seg" role="group" aria-label={label}>
			{options.map((o) => (
				<button key={o.value} type="button" aria-pressed={o.value === value} onClick={() => onPick(o.value)}>
					{o.title}
				</button>
			))}
		</div>
	);
}

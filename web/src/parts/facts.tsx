import type { ComponentChildren } from 'preact';

/** Label over value. */
export function Facts({ children }: { children: ComponentChildren }) {
	return <dl class="facts">{children}</dl>;
}

interface Props {
	label: string;
	children: ComponentChildren;
	small?: ComponentChildren;
	mono?: boolean;
	huge?: boolean;
	stale?: boolean;
}

export function Fact({ label, children, small, mono, huge, stale }: Props) {
	const names = [mono && 'mono', huge && 'huge', stale && 'stale'].filter(Boolean).join(' ');
	return (
		<div>
			<dt>{label}</dt>
			<dd class={names}>
				{children}
				{huge && small && ' '}
				{small && <small>{small}</small>}
			</dd>
		</div>
	);
}

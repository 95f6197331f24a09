import type { ComponentChildren } from 'preact';

interface Props {
	title: string;
	text?: ComponentChildren;
	children?: ComponentChildren;
}

export function PageHead({ title, text, children }: Props) {
	return (
		<div class="page-head">
			<div>
				<h1>{title}</h1>
				{text && <p>{text}</p>}
			</div>
			{children && <div class="actions">{children}</div>}
		</div>
	);
}

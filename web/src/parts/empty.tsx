import type { ComponentChildren } from 'preact';
import { Icon } from './icon';
import type { IconName } from './sprite';

interface Props {
	icon: IconName;
	title: string;
	text: string;
	children?: ComponentChildren;
}

export function Empty({ icon, title, text, children }: Props) {
	return (
		<div class="card empty">
			<Icon name={icon} />
			<h2>{title}</h2>
			<p>{text}</p>
			{children && <div class="actions">{children}</div>}
		</div>
	);
}

import type { ComponentChildren } from 'preact';
import { Icon } from './icon';
import type { IconName } from './sprite';

interface Props {
	children: ComponentChildren;
	kind?: 'primary' | 'quiet' | 'danger' | 'danger solid';
	icon?: IconName;
	type?: 'button' | 'submit';
	disabled?: boolean;
	pressed?: boolean;
	onClick?: () => void;
}

export function Button({ children, kind, icon, type = 'button', disabled, pressed, onClick }: Props) {
	return (
		<button class={`btn ${kind ?? ''}`} type={type} disabled={disabled} aria-pressed={pressed} onClick={onClick}>
			{icon && <Icon name={icon} />}
			{children}
		</button>
	);
}

interface IconProps {
	icon: IconName;
	label: string;
	class?: string;
	onClick: () => void;
}

export function IconButton({ icon, label, class: extra = '', onClick }: IconProps) {
	return (
		<button class={`btn square ${extra}`} type="button" aria-label={label} title={label} onClick={onClick}>
			<Icon name={icon} />
		</button>
	);
}

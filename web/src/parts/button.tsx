import type { ComponentChildren } from 'preact';
import { href } from '../router';
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

interface LinkProps {
	/** A page of the dashboard. */
	to: string;
	primary?: boolean;
	children: ComponentChildren;
}

/** Leads to another page, and looks like what does something. */
export function ButtonLink({ to, primary, children }: LinkProps) {
	return (
		<a class={primary ? 'btn primary' : 'btn'} href={href(to)}>
			{children}
		</a>
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

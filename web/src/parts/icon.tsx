import type { IconName } from './sprite';

interface Props {
	name: IconName;
	/** 16 px instead of 20 */
	small?: boolean;
	class?: string;
}

export function Icon({ name, small, class: extra }: Props) {
	const names = ['icon', small && 's', extra].filter(Boolean).join(' ');
	return (
		<svg class={names} aria-hidden="true">
			<use href={`#i-${name}`} />
		</svg>
	);
}
